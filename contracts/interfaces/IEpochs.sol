// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleTree} from "../libraries/MerkleTree.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {IHub} from "./IHub.sol";

/// @title Optimistic settlement: a pool posts what was done, anybody can prove a lie, then money moves.
interface IEpochs {
    /// @param None Never posted.
    /// @param Pending Posted; its window may be over, but it is not final: challenges are heard.
    /// @param Final Paid.
    /// @param Voided A lie in it, or in an earlier one it builds on; its tasks are still set aside.
    /// @param Released Voided, and its tasks given back to their deals.
    enum State {
        None,
        Pending,
        Final,
        Voided,
        Released
    }

    /// @notice What a pool says of an epoch.
    /// @param dataHash Keccak-256 of the published data from which all trees can be built again.
    /// @param tasks Leaves `Task`, sorted by deal and index.
    /// @param rewards Leaves (worker, position of the task, sum), sorted by both: one for every contribution.
    /// @param commits Leaves `Batch`, sorted by worker and sequence: every commit batch the pool acknowledged since its last
    /// epoch, and those that the contributions here refer to.
    /// @param ledger Leaves (worker, cumulative sum), sorted by worker.
    struct Roots {
        bytes32 dataHash;
        MerkleTree.Root tasks;
        SumTree.Root rewards;
        MerkleTree.Root commits;
        SumTree.Root ledger;
    }

    /// @notice A posted epoch. Only its hash is stored; callers bring it along.
    /// @param number Counts a pool's epochs from 0, voided ones included.
    /// @param postedAt Seconds.
    /// @param valueWei Price of all its tasks.
    /// @param dealsHash Keccak-256 of the ABI encoding of its deal summaries.
    /// @param previous The ledger it builds on.
    struct Epoch {
        address pool;
        uint64 number;
        uint64 postedAt;
        uint128 valueWei;
        bytes32 dealsHash;
        SumTree.Root previous;
        Roots roots;
    }

    /// @notice A certified task. Its leaf is deal ‖ index ‖ nonce ‖ digest ‖ contributions' root ‖ count, packed.
    struct Task {
        bytes32 dealId;
        uint32 index;
        bytes32 nonce;
        bytes32 digest;
        bytes32 contributionsRoot;
        uint8 contributions;
    }

    /// @notice A contribution. Its leaf is worker ‖ agrees ‖ digest ‖ salt ‖ score ‖ batch ‖ position ‖ path, packed.
    /// @param score On chain, when the task was leased.
    /// @param batch Which leaf of the epoch's `commits` its commitment was signed in.
    /// @param position Of the commitment in that batch.
    /// @param path Of the commitment in that batch.
    struct Contribution {
        address worker;
        bool agrees;
        bytes32 digest;
        bytes32 salt;
        uint32 score;
        uint32 batch;
        uint8 position;
        bytes32[] path;
    }

    /// @notice A signed commit batch. Its leaf is worker ‖ sequence ‖ root ‖ count ‖ signature, packed.
    struct Batch {
        address worker;
        uint64 sequence;
        bytes32 root;
        uint32 count;
        bytes signature;
    }

    /// @notice Neighbouring leaves of a sum tree.
    struct RangeProof {
        Leaf[] leaves;
        uint32 first;
        SumTree.Node[] path;
    }

    /// @notice A leaf of `rewards`, worker ‖ task ‖ sum, packed; or of `ledger`, worker ‖ sum, where `task` is 0.
    /// @param task Position in `tasks`.
    /// @param sum As SumTree packs it.
    struct Leaf {
        address worker;
        uint32 task;
        uint256 sum;
    }

    /// @notice Everything needed to bring the epoch along later, and to check it.
    event Posted(
        address indexed pool,
        uint64 indexed number,
        bytes32 epochHash,
        Epoch epoch,
        IHub.DealSummary[] deals
    );
    /// @notice An epoch is paid.
    event Finalised(address indexed pool, uint64 indexed number);
    /// @notice An epoch counts no more.
    event Voided(address indexed pool, uint64 indexed number);
    /// @notice A voided epoch's tasks are their deals' again.
    event Released(address indexed pool, uint64 indexed number);

    error HubMismatch(address hub);
    error TooManyPending(address pool, uint256 max);
    error TooManyDeals(uint256 deals, uint256 max);
    error NothingToPost();
    error LedgerBroken(bytes32 expectedHash, bytes32 foundHash);
    error SumWrong(string tree, uint256 expected, uint256 found);
    error CountWrong(string tree, uint256 expected, uint256 found);
    error EpochUnknown(address pool, uint64 number, State state);
    error WindowOpen(uint256 closesAt);
    error OutOfOrder(uint64 number);
    error DealsMismatch(bytes32 expectedHash, bytes32 foundHash);
    error NotChallenges(address caller);
    error NotInTree(string tree, uint256 position);
    error BadSignature(address signer, bytes32 dealId);
    error LazyDealNotSettled(bytes32 dealId);
    error TooManyClaims(uint256 claims, uint256 max);

    // The pool's side.

    /// @notice Posts an epoch of the calling pool; its tasks are set aside, nothing is paid.
    /// @param previous The ledger of the pool's last epoch that is not voided; empty at first.
    /// @param deals Sorted by deal.
    /// @param lazy Those of them that are to be opened first; sorted alike.
    /// @return number Of the epoch.
    function post(
        Roots calldata roots,
        SumTree.Root calldata previous,
        IHub.DealSummary[] calldata deals,
        IHub.LazyDeal[] calldata lazy
    ) external returns (uint64 number);

    /// @notice Pays an epoch whose window is over. By anyone.
    function finalise(Epoch calldata epoch, IHub.DealSummary[] calldata deals) external;

    /// @notice Gives a voided epoch's tasks back to their deals. By anyone, once.
    function release(Epoch calldata epoch, IHub.DealSummary[] calldata deals) external;

    /// @notice Credits workers by their cumulative claims: neighbouring leaves of a final epoch's ledger. By anyone, in any
    /// order, any number of times.
    function creditMany(Epoch calldata epoch, RangeProof calldata claims) external;

    // For Challenges only.

    /// @notice Voids a pending epoch and all that build on it, and slashes its pool by twice the epoch's value.
    function void(Epoch calldata epoch, address challenger) external;

    // Views.

    /// @notice Where the money is.
    function hub() external view returns (IHub);
    /// @notice The only contract that can void an epoch.
    function challenges() external view returns (address);
    /// @notice What is stored of an epoch: its state and the first 31 bytes of its hash.
    function stateOf(address pool, uint64 number) external view returns (State state, bytes31 hash);
    /// @notice How many epochs the pool has posted, voided ones included: the next one's number.
    function posted(address pool) external view returns (uint64);
    /// @notice Hash of the ledger the next epoch must build on, and of the last final one; 0 before the first.
    function ledgersOf(address pool) external view returns (bytes32 head, bytes32 last);
    /// @notice The id of the deal that a lazy order becomes: its EIP-712 hash under the Hub's domain.
    function lazyDealId(IHub.LazyOrder calldata order) external view returns (bytes32);
    /// @notice Whether this is the epoch that was posted, and in that state.
    function isIn(Epoch calldata epoch, State state) external view returns (bool);
    /// @notice Keccak-256 of the epoch's ABI encoding.
    function hashOf(Epoch calldata epoch) external pure returns (bytes32);
}
