// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {EdgeToken} from "./EdgeToken.sol";
import {IHub} from "./interfaces/IHub.sol";
import {IStakes} from "./interfaces/IStakes.sol";

/// @title Stakes of workers.
/// @dev
///   free ──stake──▶ staked ──unstake──▶ leaving ──delay──▶ finishUnstaking ──▶ free
///                      └───────wrong───────┴──▶ lost ──burnLost──▶ burned
contract Stakes is IStakes {
    using SafeCast for uint256;

    IHub private immutable _hub;

    mapping(address worker => Stake) private _stakes;
    uint256 private _lostWei;

    /// @param hub_ Must name this contract as its Stakes.
    constructor(IHub hub_) {
        if (hub_.stakes() != address(this)) revert HubMismatch(address(hub_));
        _hub = hub_;
    }

    /// @inheritdoc IStakes
    function stake(uint96 amountWei) external {
        _stakes[msg.sender].stakedWei += amountWei;
        emit Staked(msg.sender, amountWei);
        _hub.moveFree(msg.sender, address(this), amountWei);
    }

    /// @inheritdoc IStakes
    function unstake(uint96 amountWei) external {
        Stake storage own = _stakes[msg.sender];
        if (own.stakedWei < amountWei) revert NotStaked(msg.sender, own.stakedWei, amountWei);
        own.stakedWei -= amountWei;
        own.leavingWei += amountWei;
        own.leavesAt = (block.timestamp + _hub.unbondSeconds()).toUint64();
        emit UnstakingStarted(msg.sender, amountWei, own.leavesAt);
    }

    /// @inheritdoc IStakes
    function finishUnstaking() external {
        Stake storage own = _stakes[msg.sender];
        if (block.timestamp < own.leavesAt) revert UnstakingNotOver(msg.sender, own.leavesAt);
        uint256 amountWei = own.leavingWei;
        own.leavingWei = 0;
        emit Unstaked(msg.sender, amountWei);
        _hub.moveFree(address(this), msg.sender, amountWei);
    }

    /// @inheritdoc IStakes
    function settle(
        bytes32 taskId,
        address[] calldata workers,
        bytes32[] calldata digests,
        bytes32 digest,
        uint256 amountWei
    ) external {
        if (msg.sender != _hub.tasks()) revert NotTasks(msg.sender);
        uint256 lost = 0;
        for (uint256 i = 0; i < workers.length; i++) {
            Stake memory own = _stakes[workers[i]];
            uint256 haveWei = uint256(own.stakedWei) + own.leavingWei;
            if (haveWei < amountWei) revert StakeTooLow(workers[i], haveWei, amountWei);
            if (i < digests.length && digests[i] == digest) continue;
            uint256 fromStakedWei = Math.min(amountWei, own.stakedWei);
            own.stakedWei -= fromStakedWei.toUint96();
            own.leavingWei -= (amountWei - fromStakedWei).toUint96();
            _stakes[workers[i]] = own;
            lost += amountWei;
            emit Lost(taskId, workers[i], amountWei);
        }
        if (lost > 0) _lostWei += lost;
    }

    /// @inheritdoc IStakes
    function burnLost() external {
        uint256 amountWei = _lostWei;
        _lostWei = 0;
        _hub.withdraw(address(this), amountWei);
        EdgeToken(_hub.token()).burn(amountWei);
    }

    /// @inheritdoc IStakes
    function hub() external view returns (IHub) {
        return _hub;
    }

    /// @inheritdoc IStakes
    function stakeOf(address worker) external view returns (Stake memory) {
        return _stakes[worker];
    }

    /// @inheritdoc IStakes
    function lostWei() external view returns (uint256) {
        return _lostWei;
    }
}
