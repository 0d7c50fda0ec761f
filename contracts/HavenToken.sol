// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Pausable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Pausable.sol";

/**
 * @title Haven token
 * @notice The ERC-20 token HAVEN, with 18 decimals. Minters make it, its holders burn it, and pausers can stop every
 * transfer, mint and burn at once.
 * @dev There is no cap on the supply and no upgrade path: what a minter may do is limited by Haven's own policies, and
 * whoever holds `DEFAULT_ADMIN_ROLE` decides who is a minter.
 */
contract HavenToken is ERC20, ERC20Burnable, ERC20Pausable, AccessControl {
    /// @notice May mint.
    bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");

    /// @notice May pause and unpause.
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

    /// @notice The admin would be the zero address, so that nobody could ever mint or pause.
    error HavenTokenInvalidAdmin(address admin);

    /**
     * @notice Makes the token with no supply.
     * @param admin who gets every role and can grant roles to others; must not be the zero address
     */
    constructor(address admin) ERC20("Haven", "HAVEN") {
        if (admin == address(0)) revert HavenTokenInvalidAdmin(admin);
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(MINTER_ROLE, admin);
        _grantRole(PAUSER_ROLE, admin);
    }

    /**
     * @notice Makes new tokens. For minters only; refused while paused.
     * @param to who gets them
     * @param amount how many, in base units (10^-18 HAVEN)
     */
    function mint(address to, uint256 amount) external onlyRole(MINTER_ROLE) {
        _mint(to, amount);
    }

    /// @notice Stops every transfer, mint and burn. For pausers only.
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @notice Ends a pause. For pausers only.
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    /// @dev Both parents define it; ERC20Pausable's refuses while paused and then calls ERC20's.
    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Pausable) {
        super._update(from, to, value);
    }
}
