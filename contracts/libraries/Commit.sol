// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What workers commit to and sign. protocol/commit.ts is the twin.
library Commit {
    bytes32 private constant DOMAIN_TYPE = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant NAME = keccak256("SuperEdge");
    bytes32 private constant VERSION = keccak256("1");
    bytes32 private constant COMMIT_BATCH_TYPE = keccak256(
        "CommitBatch(address pool,address worker,uint64 sequence,bytes32 root,uint32 count)"
    );

    bytes32 private constant ACCEPTANCE_TYPE = keccak256(
        "Acceptance(address pool,address worker,bytes32 taskKey,bytes32 commitment,uint64 revealBy)"
    );

    /// @notice The opaque name under which a task travels.
    function taskKey(bytes32 dealId, uint32 index, bytes32 nonce) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(dealId, index, nonce));
    }

    function commitment(
        bytes32 key,
        address worker,
        bytes32 digest,
        bytes32 salt
    ) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(key, worker, digest, salt));
    }

    /// @notice The EIP-712 domain of everything signed for this Hub on this chain.
    function domainSeparator(address hub) internal view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPE, NAME, VERSION, block.chainid, hub));
    }

    /// @notice What a worker signs for a batch of commitments.
    function batchHash(
        bytes32 domain,
        address pool,
        address worker,
        uint64 sequence,
        bytes32 root,
        uint32 count
    ) internal pure returns (bytes32) {
        bytes32 message = keccak256(abi.encode(COMMIT_BATCH_TYPE, pool, worker, sequence, root, count));
        return keccak256(abi.encodePacked(hex"1901", domain, message));
    }

    /// @notice What a worker signs to promise that it will reveal a commitment to this task in time.
    function acceptanceHash(
        bytes32 domain,
        address pool,
        address worker,
        bytes32 key,
        bytes32 made,
        uint64 revealBy
    ) internal pure returns (bytes32) {
        bytes32 message = keccak256(abi.encode(ACCEPTANCE_TYPE, pool, worker, key, made, revealBy));
        return keccak256(abi.encodePacked(hex"1901", domain, message));
    }
}
