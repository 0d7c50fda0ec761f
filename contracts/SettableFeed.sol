// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/**
 * @title Price feed whose answer anyone sets
 * @notice Stands for a price feed, or for a sequencer uptime feed, on local chains and in tests. It has the functions of
 * AggregatorV3Interface (https://docs.chain.link/data-feeds/api-reference#aggregatorv3interface) that Haven calls.
 * @dev For nothing else: there is no access control at all, so that every answer a real feed might give can be tried.
 */
contract SettableFeed {
    /// @notice How many digits of the answer are behind the point. Any number, to be able to lie.
    uint8 public decimals;

    /// @notice What is priced, as Chainlink's feeds say it: "ETH / USD".
    string public description;

    uint80 private roundId;
    int256 private answer;
    uint256 private startedAt;
    uint256 private updatedAt;
    uint80 private answeredInRound;

    /**
     * @notice Makes a feed with a first, good round.
     * @param decimals_ digits behind the point
     * @param description_ what is priced
     * @param answer_ the first answer
     */
    constructor(uint8 decimals_, string memory description_, int256 answer_) {
        decimals = decimals_;
        description = description_;
        setAnswer(answer_);
    }

    /**
     * @notice Begins and ends a round now, with a new answer.
     * @param answer_ the new answer
     */
    function setAnswer(int256 answer_) public {
        setRound(roundId + 1, answer_, block.timestamp, block.timestamp, roundId + 1);
    }

    /**
     * @notice Sets all that latestRoundData returns.
     * @param roundId_ the round
     * @param answer_ its answer
     * @param startedAt_ when it began, in seconds since the Unix epoch
     * @param updatedAt_ when it ended
     * @param answeredInRound_ of which round the answer is
     */
    function setRound(
        uint80 roundId_,
        int256 answer_,
        uint256 startedAt_,
        uint256 updatedAt_,
        uint80 answeredInRound_
    ) public {
        roundId = roundId_;
        answer = answer_;
        startedAt = startedAt_;
        updatedAt = updatedAt_;
        answeredInRound = answeredInRound_;
    }

    /**
     * @notice The newest round.
     * @return the round, its answer, when it began and ended, and of which round the answer is
     */
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (roundId, answer, startedAt, updatedAt, answeredInRound);
    }
}
