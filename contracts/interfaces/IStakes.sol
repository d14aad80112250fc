// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHub} from "./IHub.sol";

/// @title Stakes of workers: what they lose when they are wrong about a task that a contract asked for.
/// @notice All stakes are the free balance of this contract in the Hub, and never less than what is staked, leaving and lost
/// together.
interface IStakes {
    /// @notice A worker's stake.
    /// @param leavingWei On its way out; still lost for what turns out wrong.
    /// @param leavesAt Seconds; from then on what is leaving can be had.
    struct Stake {
        uint96 stakedWei;
        uint96 leavingWei;
        uint64 leavesAt;
    }

    /// @notice Free balance in the Hub became stake.
    event Staked(address indexed worker, uint256 amountWei);
    /// @notice Stake is on its way out, and can be had at `leavesAt`.
    event UnstakingStarted(address indexed worker, uint256 amountWei, uint64 leavesAt);
    /// @notice What was on its way out is free balance again.
    event Unstaked(address indexed worker, uint256 amountWei);
    /// @notice A worker was wrong about a task, or broke a promise: this much is to be burned.
    event Lost(bytes32 indexed taskId, address indexed worker, uint256 amountWei);

    error HubMismatch(address hub);
    error NotTasks(address caller);
    error NotStaked(address worker, uint256 stakedWei, uint256 wantWei);
    error StakeTooLow(address worker, uint256 stakedWei, uint256 neededWei);
    error UnstakingNotOver(address worker, uint256 leavesAt);

    /// @notice Moves free balance of the caller into its stake.
    function stake(uint96 amountWei) external;

    /// @notice Starts to take stake out; until it is over, it is lost for what turns out wrong. A new call adds to what is on
    /// its way and starts the delay (the Hub's `unbondSeconds`) anew.
    function unstake(uint96 amountWei) external;

    /// @notice Moves what has left the stake into the free balance.
    function finishUnstaking() external;

    /// @notice Refuses a task of which somebody has not the stake asked for (what is leaving counts), and takes it from those
    /// who were wrong, to nobody's gain. For Tasks only.
    /// @param workers Each once: first those who revealed, then those who did not.
    /// @param digests Of those who revealed.
    /// @param digest Of the result.
    /// @param amountWei What each must have, and loses.
    function settle(
        bytes32 taskId,
        address[] calldata workers,
        bytes32[] calldata digests,
        bytes32 digest,
        uint256 amountWei
    ) external;

    /// @notice Burns what was lost so far. By anybody.
    function burnLost() external;

    function hub() external view returns (IHub);
    function stakeOf(address worker) external view returns (Stake memory);
    /// @notice Lost, and not yet burned.
    function lostWei() external view returns (uint256);
}
