// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Tokens for whoever is on a list, of which only the Merkle root is on chain.
/// @notice A leaf is keccak256(keccak256(abi.encode(index, account, amountWei))), hashed twice so that no inner node can
/// pass for one; siblings are hashed in sorted order: the format of OpenZeppelin's StandardMerkleTree.
interface IAirdrop {
    /// @notice The entitled account has its tokens.
    event Claimed(uint256 indexed index, address indexed account, uint256 amountWei);
    /// @notice The deadline is past, and what nobody claimed is the treasury's.
    event Swept(address indexed to, uint256 amountWei);

    error ZeroAddress();
    error DeadlinePast(uint256 deadline);
    error DeadlineAhead(uint256 deadline);
    error AlreadyClaimed(uint256 index);
    error NotOnList(uint256 index, address account, uint256 amountWei);

    /// @notice Sends `amountWei` to `account`. Anybody may call it: the tokens go to nobody else.
    /// @param index Of the entitlement in the list; each is paid once.
    function claim(uint256 index, address account, uint256 amountWei, bytes32[] calldata proof) external;

    /// @notice After the deadline: sends all that is left to the treasury. Anybody may call it.
    function sweep() external;

    function isClaimed(uint256 index) external view returns (bool);
}
