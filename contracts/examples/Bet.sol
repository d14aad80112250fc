// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {TaskConsumer} from "../TaskConsumer.sol";
import {IHub} from "../interfaces/IHub.sol";
import {ITasks} from "../interfaces/ITasks.sol";

/// @title Two people bet on what a computation gives.
/// @notice Both put in the same amount; the contract asks volunteers for the computation, and its result, not an oracle's word,
/// decides: an odd first byte pays the first, an even one the second. Without a result by the deadline, or if the result is
/// empty, both have theirs back.
contract Bet is TaskConsumer {
    using SafeERC20 for IERC20;

    enum State {
        Open,
        Asked,
        Decided,
        Cancelled
    }

    address public immutable first;
    address public immutable second;
    uint256 public immutable stakeWei;
    /// @notice Keccak-256 of the request's ABI encoding: what exactly they bet on, fixed before either puts anything in.
    bytes32 public immutable requestHash;
    bytes32 public taskId;
    State public state;
    address public winner;

    event Asked(bytes32 indexed taskId);
    event Decided(address indexed winner, uint256 amountWei);
    event Cancelled();

    error WrongState(State state);
    error OtherRequest(bytes32 expected, bytes32 found);
    /// @notice The result would never be delivered, and both stakes be here for ever.
    error NoCallback();

    /// @param stakeWei_ What each puts in. Both approve it, and the price of the computation is the first's besides.
    constructor(
        ITasks tasks_,
        address first_,
        address second_,
        uint256 stakeWei_,
        bytes32 requestHash_
    ) TaskConsumer(tasks_) {
        requestHash = requestHash_;
        first = first_;
        second = second_;
        stakeWei = stakeWei_;
    }

    /// @notice Takes both stakes and the price, and asks for the computation. By anybody: the two agreed by approving.
    function ask(ITasks.Request calldata request) external {
        if (state != State.Open) revert WrongState(state);
        bytes32 found = keccak256(abi.encode(request));
        if (found != requestHash) revert OtherRequest(requestHash, found);
        if (request.callbackGas == 0) revert NoCallback();
        state = State.Asked;
        IERC20 token = IERC20(tasks.hub().token());
        token.safeTransferFrom(first, address(this), stakeWei + request.priceWei);
        token.safeTransferFrom(second, address(this), stakeWei);
        _deposit(request.priceWei);
        taskId = tasks.request(request);
        emit Asked(taskId);
    }

    /// @notice After the task was refunded: gives everybody their own back. By anybody.
    function cancel() external {
        if (state != State.Asked || !_isRefunded(taskId)) revert WrongState(state);
        IHub hub = tasks.hub();
        hub.withdraw(first, hub.freeWei(address(this)));
        _giveBack();
    }

    function _onResult(bytes32 id, bytes calldata result) internal override {
        if (state != State.Asked || id != taskId) revert WrongState(state);
        // Refused, it would be delivered never, and both stakes be here for ever: the task is settled.
        if (result.length == 0) return _giveBack();
        state = State.Decided;
        winner = uint8(result[0]) % 2 == 1 ? first : second;
        emit Decided(winner, 2 * stakeWei);
        IERC20(tasks.hub().token()).safeTransfer(winner, 2 * stakeWei);
    }

    function _giveBack() private {
        state = State.Cancelled;
        emit Cancelled();
        IERC20 token = IERC20(tasks.hub().token());
        token.safeTransfer(first, stakeWei);
        token.safeTransfer(second, stakeWei);
    }
}
