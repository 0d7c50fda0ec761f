// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/**
 * @title Pays many at once
 * @notice Stands for an exchange or a wallet that pays several people by one transaction. For local chains and tests.
 * @dev What it pays in coin is sent along by a call of its own: for that there is no log, and no transaction to the one who gets it.
 */
contract PayMany {
    /// @notice One of the lists is shorter than the other.
    error PayManyUneven();

    /// @notice A recipient refused the coin.
    error PayManyRefused(address recipient);

    /**
     * @notice Pays tokens of the caller, who must have approved it.
     * @param token which token
     * @param recipients who gets them
     * @param amounts how much each gets, in base units
     */
    function payTokens(IERC20 token, address[] calldata recipients, uint256[] calldata amounts) external {
        if (recipients.length != amounts.length) revert PayManyUneven();
        for (uint256 index = 0; index < recipients.length; index++) {
            require(token.transferFrom(msg.sender, recipients[index], amounts[index]));
        }
    }

    /**
     * @notice Pays coin that comes with the call.
     * @param recipients who gets it
     * @param amounts how much each gets, in wei
     */
    function payCoin(address payable[] calldata recipients, uint256[] calldata amounts) external payable {
        if (recipients.length != amounts.length) revert PayManyUneven();
        for (uint256 index = 0; index < recipients.length; index++) {
            (bool isPaid, ) = recipients[index].call{value: amounts[index]}("");
            if (!isPaid) revert PayManyRefused(recipients[index]);
        }
    }
}
