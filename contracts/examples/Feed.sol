// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {TaskConsumer} from "../TaskConsumer.sol";
import {ITasks} from "../interfaces/ITasks.sol";

/// @title The latest result of a computation, for other contracts to read.
/// @notice Whoever wants it newer pays for the task. The computation is the same every time, and so is the trust asked for.
contract Feed is TaskConsumer {
    using SafeERC20 for IERC20;

    /// @notice Keccak-256 of the ABI encoding of the request, less its deadline.
    bytes32 public immutable requestHash;
    /// @notice The first 32 bytes of the result.
    bytes32 public value;

    event Updated(bytes32 indexed taskId, bytes32 value);

    error OtherRequest(bytes32 expected, bytes32 found);

    constructor(ITasks tasks_, bytes32 requestHash_) TaskConsumer(tasks_) {
        requestHash = requestHash_;
    }

    /// @notice Asks for the computation again. The caller has approved the price to this contract.
    function update(ITasks.Request memory request) external returns (bytes32 taskId) {
        uint64 deadline = request.deadline;
        request.deadline = 0;
        bytes32 found = keccak256(abi.encode(request));
        if (found != requestHash) revert OtherRequest(requestHash, found);
        request.deadline = deadline;
        IERC20(tasks.hub().token()).safeTransferFrom(msg.sender, address(this), request.priceWei);
        _deposit(request.priceWei);
        return tasks.request(request);
    }

    function _onResult(bytes32 taskId, bytes calldata result) internal override {
        value = bytes32(result);
        emit Updated(taskId, value);
    }
}
