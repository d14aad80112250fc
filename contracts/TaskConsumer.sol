// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IHub} from "./interfaces/IHub.sol";
import {ITaskConsumer} from "./interfaces/ITaskConsumer.sol";
import {ITasks} from "./interfaces/ITasks.sol";

/// @title Base of contracts that ask for tasks and act on their results.
/// @notice A result is believed as far as the request's trust and replicas make it so, and comes once. Keep `_onResult` within
/// the gas that the request names: what runs out of it can be delivered again, with more.
abstract contract TaskConsumer is ITaskConsumer {
    ITasks public immutable tasks;

    error NotFromTasks(address caller);

    constructor(ITasks tasks_) {
        tasks = tasks_;
    }

    /// @inheritdoc ITaskConsumer
    function receiveResult(bytes32 taskId, bytes calldata result) external {
        if (msg.sender != address(tasks)) revert NotFromTasks(msg.sender);
        _onResult(taskId, result);
    }

    /// @dev Moves tokens that this contract has into its free balance in the Hub, which pays its requests.
    function _deposit(uint256 amountWei) internal {
        IHub hub = tasks.hub();
        IERC20(hub.token()).approve(address(hub), amountWei);
        hub.deposit(amountWei);
    }

    /// @dev Whether a task that this contract asked for was refunded: its price is in the free balance again.
    function _isRefunded(bytes32 taskId) internal view returns (bool) {
        IHub.Deal memory deal = tasks.hub().dealOf(taskId);
        return deal.closed && deal.pendingTasks == 0 && deal.settledTasks == 0;
    }

    function _onResult(bytes32 taskId, bytes calldata result) internal virtual;
}
