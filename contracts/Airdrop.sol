// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {IAirdrop} from "./interfaces/IAirdrop.sol";

/// @title Tokens for whoever is on a list.
/// @notice It has no owner. The tokens are sent to it once it is deployed; list, deadline and treasury never change.
contract Airdrop is IAirdrop {
    using BitMaps for BitMaps.BitMap;
    using SafeERC20 for IERC20;

    IERC20 public immutable token;
    /// @notice Root of the list.
    bytes32 public immutable root;
    /// @notice Seconds; from then on nothing is claimed any more.
    uint256 public immutable deadline;
    /// @notice Gets the remainder: the governance's timelock.
    address public immutable treasury;

    BitMaps.BitMap private _claimed;

    constructor(IERC20 token_, bytes32 root_, uint256 deadline_, address treasury_) {
        if (address(token_) == address(0) || treasury_ == address(0)) revert ZeroAddress();
        if (deadline_ <= block.timestamp) revert DeadlinePast(deadline_);
        token = token_;
        root = root_;
        deadline = deadline_;
        treasury = treasury_;
    }

    /// @inheritdoc IAirdrop
    function claim(uint256 index, address account, uint256 amountWei, bytes32[] calldata proof) external {
        if (block.timestamp >= deadline) revert DeadlinePast(deadline);
        if (_claimed.get(index)) revert AlreadyClaimed(index);
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(index, account, amountWei))));
        if (!MerkleProof.verifyCalldata(proof, root, leaf)) revert NotOnList(index, account, amountWei);
        _claimed.set(index);
        emit Claimed(index, account, amountWei);
        token.safeTransfer(account, amountWei);
    }

    /// @inheritdoc IAirdrop
    function sweep() external {
        if (block.timestamp < deadline) revert DeadlineAhead(deadline);
        uint256 amountWei = token.balanceOf(address(this));
        emit Swept(treasury, amountWei);
        token.safeTransfer(treasury, amountWei);
    }

    /// @inheritdoc IAirdrop
    function isClaimed(uint256 index) external view returns (bool) {
        return _claimed.get(index);
    }
}
