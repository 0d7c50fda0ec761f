// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/**
 * @title Token that keeps a part on the way
 * @notice Of every transfer one percent is burned. For local chains and tests.
 */
contract FeeToken is ERC20 {
    /**
     * @notice Makes the token, all of it the deployer's.
     * @param supply how much, in base units
     */
    constructor(uint256 supply) ERC20("Fee", "FEE") {
        _mint(msg.sender, supply);
    }

    /// @dev Mints and burns are whole.
    function _update(address from, address to, uint256 value) internal override {
        if (from == address(0) || to == address(0)) {
            super._update(from, to, value);
            return;
        }
        uint256 fee = value / 100;
        super._update(from, address(0), fee);
        super._update(from, to, value - fee);
    }
}
