// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {TaskConsumer} from "../TaskConsumer.sol";
import {IHub} from "../interfaces/IHub.sol";
import {ITasks} from "../interfaces/ITasks.sol";

/// @title The latest result of a computation, for other contracts to read.
/// @notice Whoever wants it newer pays for the task. The computation is the same every time, and so is the trust asked for.
contract Feed is TaskConsumer {
    using SafeERC20 for IERC20;

    /// @dev Number: how many were asked for until then.
    struct Asked {
        address payer;
        uint64 number;
    }

    /// @notice Keccak-256 of the ABI encoding of the request, less its deadline.
    bytes32 public immutable requestHash;
    /// @notice The first 32 bytes of the result of the latest request that has one.
    bytes32 public value;
    uint64 private _asked;
    uint64 private _latest;
    mapping(bytes32 taskId => Asked) private _tasks;

    event Updated(bytes32 indexed taskId, bytes32 value);
    /// @notice The task came to nothing, and who paid for it has the price back.
    event TakenBack(bytes32 indexed taskId, address indexed payer, uint256 priceWei);

    error OtherRequest(bytes32 expected, bytes32 found);
    error NotRefunded(bytes32 taskId);

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
        taskId = tasks.request(request);
        _tasks[taskId] = Asked(msg.sender, ++_asked);
    }

    /// @notice Gives the price of a refunded task to who paid it. By anybody.
    function takeBack(bytes32 taskId) external {
        address payer = _tasks[taskId].payer;
        if (payer == address(0) || !_isRefunded(taskId)) revert NotRefunded(taskId);
        delete _tasks[taskId];
        IHub hub = tasks.hub();
        uint256 priceWei = hub.dealOf(taskId).pricePerTaskWei;
        emit TakenBack(taskId, payer, priceWei);
        hub.withdraw(payer, priceWei);
    }

    function _onResult(bytes32 taskId, bytes calldata result) internal override {
        // Results may come in another order than they were asked for: an older one replaces no newer.
        uint64 number = _tasks[taskId].number;
        delete _tasks[taskId];
        if (number < _latest) return;
        _latest = number;
        value = bytes32(result);
        emit Updated(taskId, value);
    }
}
