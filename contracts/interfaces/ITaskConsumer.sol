// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What a contract implements to be given the result of a task it asked for (the push side of ERC-1154).
interface ITaskConsumer {
    /// @notice Called once by Tasks, with the gas that the request named. A revert changes nothing for anybody else: the
    /// result can be delivered again.
    /// @param result The certified bytes.
    function receiveResult(bytes32 taskId, bytes calldata result) external;
}
