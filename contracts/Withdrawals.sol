// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IHub} from "./interfaces/IHub.sol";
import {IWithdrawals} from "./interfaces/IWithdrawals.sol";

/// @title Withdrawals by signed order.
/// @dev Holds no money; an order is marked before the Hub is called.
contract Withdrawals is IWithdrawals, EIP712 {
    bytes32 private constant WITHDRAWAL_TYPE = keccak256(
        "Withdrawal(address account,address to,uint256 amountWei,uint256 maxFeeWei,bytes32 salt,uint64 deadline)"
    );

    IHub private immutable _hub;

    mapping(address account => mapping(bytes32 orderHash => bool)) private _used;

    /// @param hub_ Must name this contract as its Withdrawals.
    constructor(IHub hub_) EIP712("SuperEdge", "1") {
        if (hub_.withdrawals() != address(this)) revert HubMismatch(address(hub_));
        _hub = hub_;
    }

    /// @inheritdoc IWithdrawals
    function withdraw(Withdrawal calldata order, bytes calldata signature, uint256 feeWei) external {
        bytes32 orderHash = hashOf(order);
        if (block.timestamp > order.deadline) revert Expired(orderHash, order.deadline);
        uint256 mostWei = Math.min(order.maxFeeWei, order.amountWei);
        if (feeWei > mostWei) revert FeeTooHigh(feeWei, mostWei);
        if (_used[order.account][orderHash]) revert AlreadyUsed(order.account, orderHash);
        _used[order.account][orderHash] = true;
        if (!SignatureChecker.isValidSignatureNow(order.account, orderHash, signature))
            revert BadSignature(order.account, orderHash);
        emit Relayed(order.account, orderHash, msg.sender, feeWei);
        _hub.withdrawFor(order.account, order.to, order.amountWei, msg.sender, feeWei);
    }

    /// @inheritdoc IWithdrawals
    function cancel(bytes32 orderHash) external {
        _used[msg.sender][orderHash] = true;
        emit Cancelled(msg.sender, orderHash);
    }

    /// @inheritdoc IWithdrawals
    function hub() external view returns (IHub) {
        return _hub;
    }

    /// @inheritdoc IWithdrawals
    function isUsed(address account, bytes32 orderHash) external view returns (bool) {
        return _used[account][orderHash];
    }

    /// @inheritdoc IWithdrawals
    function hashOf(Withdrawal calldata order) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(WITHDRAWAL_TYPE, order)));
    }
}
