// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IHub} from "../interfaces/IHub.sol";
import {Payout} from "../libraries/Payout.sol";
import {Balances} from "./Balances.sol";

/// @title Pools and their bonds.
abstract contract Pools is Balances {
    using SafeCast for uint256;

    /// @notice The bond covers the pending value this many times.
    uint256 public constant BOND_FACTOR = 2;

    /// @notice Seconds between `unbond` and `finishUnbonding`; longer than the challenge window.
    uint64 public immutable unbondSeconds;

    mapping(address pool => Pool) internal _pools;

    constructor(uint64 unbondSeconds_) {
        unbondSeconds = unbondSeconds_;
    }

    /// @inheritdoc IHub
    function registerPool(uint16 feeBps) external {
        if (feeBps > Payout.MAX_FEE_BPS) revert FeeTooHigh(feeBps, Payout.MAX_FEE_BPS);
        Pool storage pool = _pools[msg.sender];
        pool.registered = true;
        pool.feeBps = feeBps;
        emit PoolRegistered(msg.sender, feeBps);
    }

    /// @inheritdoc IHub
    function bond(uint256 amountWei) external {
        Pool storage pool = _pools[msg.sender];
        if (!pool.registered) revert PoolUnknown(msg.sender);
        _take(msg.sender, amountWei);
        pool.bondWei += amountWei.toUint128();
        emit Bonded(msg.sender, amountWei);
    }

    /// @inheritdoc IHub
    function unbond(uint256 amountWei) external {
        Pool storage pool = _pools[msg.sender];
        uint256 neededWei = BOND_FACTOR * pool.pendingWei + amountWei;
        if (pool.bondWei < neededWei) revert BondTooLow(msg.sender, pool.bondWei, neededWei);
        pool.bondWei -= amountWei.toUint128();
        pool.unbondingWei += amountWei.toUint128();
        pool.unbondsAt = (block.timestamp + unbondSeconds).toUint64();
        emit UnbondingStarted(msg.sender, amountWei, pool.unbondsAt);
    }

    /// @inheritdoc IHub
    function finishUnbonding() external {
        Pool storage pool = _pools[msg.sender];
        if (block.timestamp < pool.unbondsAt) revert UnbondingNotOver(msg.sender, pool.unbondsAt);
        uint256 amountWei = pool.unbondingWei;
        pool.unbondingWei = 0;
        _give(msg.sender, amountWei);
        emit Unbonded(msg.sender, amountWei);
    }

    /// @inheritdoc IHub
    function slash(address pool, uint256 amountWei, address challenger) external onlyEpochs {
        Pool storage state = _pools[pool];
        uint256 fromBondWei = Math.min(amountWei, state.bondWei);
        uint256 fromUnbondingWei = Math.min(amountWei - fromBondWei, state.unbondingWei);
        state.bondWei -= fromBondWei.toUint128();
        state.unbondingWei -= fromUnbondingWei.toUint128();
        uint256 challengerWei = (fromBondWei + fromUnbondingWei) / 2;
        uint256 burnedWei = fromBondWei + fromUnbondingWei - challengerWei;
        _give(challenger, challengerWei);
        emit Slashed(pool, challenger, challengerWei, burnedWei);
        _token.burn(burnedWei);
    }

    /// @inheritdoc IHub
    function poolOf(address pool) external view returns (Pool memory) {
        return _pools[pool];
    }
}
