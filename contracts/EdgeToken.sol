// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Time} from "@openzeppelin/contracts/utils/types/Time.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

/// @title The token that work is paid in (ECT).
/// @notice A fixed supply, all of it to the treasury at birth: nobody can mint, anybody can burn their own. Transfers by
/// signature (ERC-2612) and votes (ERC-5805) for the token holders' governance, counted in seconds: chains whose blocks come
/// only with transactions have votes that end, too.
contract EdgeToken is ERC20, ERC20Burnable, ERC20Permit, ERC20Votes {
    /// @param treasury Receives the whole supply.
    /// @param supplyWei In 1e-18 ECT.
    constructor(
        address treasury,
        uint256 supplyWei
    ) ERC20("SuperEdge Compute Token", "ECT") ERC20Permit("ECT") {
        _mint(treasury, supplyWei);
    }

    /// @notice ERC-6372.
    function clock() public view override returns (uint48) {
        return Time.timestamp();
    }

    /// @notice ERC-6372.
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// @inheritdoc ERC20Permit
    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) {
        super._update(from, to, value);
    }
}
