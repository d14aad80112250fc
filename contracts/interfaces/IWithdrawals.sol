// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHub} from "./IHub.sol";

/// @title Withdrawals by signed order: whoever earned something has it sent by others, and needs no coin for gas.
/// @notice The order is an EIP-712 message under this contract's domain (name `SuperEdge`, version `1`); protocol/withdrawal.ts
/// is the twin. It is good once.
interface IWithdrawals {
    /// @notice What an account signs.
    /// @param amountWei Leaves the account's free balance in the Hub, fee included.
    /// @param maxFeeWei Of it, what who sends the order may keep.
    /// @param salt Tells orders apart that are otherwise the same.
    /// @param deadline Seconds; the last at which it can be sent.
    struct Withdrawal {
        address account;
        address to;
        uint256 amountWei;
        uint256 maxFeeWei;
        bytes32 salt;
        uint64 deadline;
    }

    /// @notice An order was carried out; the Hub's `Withdrawn` has the amounts.
    event Relayed(
        address indexed account,
        bytes32 indexed orderHash,
        address indexed relayer,
        uint256 feeWei
    );
    /// @notice An order will never be carried out.
    event Cancelled(address indexed account, bytes32 indexed orderHash);

    error HubMismatch(address hub);
    error Expired(bytes32 orderHash, uint256 deadline);
    error FeeTooHigh(uint256 feeWei, uint256 maxFeeWei);
    error AlreadyUsed(address account, bytes32 orderHash);
    error BadSignature(address account, bytes32 orderHash);

    /// @notice Sends what was signed for to `to`, less the fee, which becomes the caller's free balance in the Hub. By anybody.
    /// @param signature The account's: ECDSA of 65 bytes, or a contract's (ERC-1271).
    /// @param feeWei What the caller takes.
    function withdraw(Withdrawal calldata order, bytes calldata signature, uint256 feeWei) external;

    /// @notice Makes the caller's order of this hash worthless.
    function cancel(bytes32 orderHash) external;

    function hub() external view returns (IHub);
    /// @notice What is signed.
    function hashOf(Withdrawal calldata order) external view returns (bytes32);
    /// @notice Whether the account's order of this hash was carried out or cancelled.
    function isUsed(address account, bytes32 orderHash) external view returns (bool);
}
