// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IEpochs} from "./interfaces/IEpochs.sol";
import {IHub} from "./interfaces/IHub.sol";
import {LazyOrders} from "./libraries/LazyOrders.sol";
import {Leaves} from "./libraries/Leaves.sol";
import {SumTree} from "./libraries/SumTree.sol";

/// @title Optimistic settlement: the life of an epoch.
/// @dev
///   post ──▶ Pending ──window over──▶ finalise ──▶ Final ──▶ creditMany
///               │
///               └──challenge of it, or of an earlier one──▶ Voided ──▶ release ──▶ Released (its tasks may be posted anew)
///
/// A pool's epochs form a chain by their ledgers: each builds on the one before that is not voided.
contract Epochs is IEpochs {
    /// @notice Epochs of one pool that are not final.
    uint64 public constant MAX_PENDING = 16;
    /// @notice Epochs of one pool from the oldest pending one on, voided ones included: a pool cannot bury a lie under
    /// so many voided epochs that voiding it no longer fits in one transaction.
    uint64 public constant MAX_SPAN = 64;
    /// @notice Deals of one epoch: finalising touches each.
    uint256 public constant MAX_DEALS = 256;
    /// @notice Claims of one `creditMany`.
    uint256 public constant MAX_CLAIMS = 256;

    /// @dev One word an epoch. 248 bits of the hash are kept, so that the state fits beside them.
    struct Slot {
        bytes31 hash;
        State state;
    }

    struct Book {
        bytes32 head;
        bytes32 last;
        uint64 posted;
        uint64 pending;
        /// @dev No pending epoch is older.
        uint64 oldest;
    }

    IHub private immutable _hub;
    address private immutable _challenges;
    /// @notice Seconds between posting and finalising, in which a lie can be proved.
    uint64 public immutable windowSeconds;

    mapping(address pool => Book) private _books;
    mapping(address pool => mapping(uint64 number => Slot)) private _slots;

    /// @param hub_ Must name this contract as its Epochs.
    /// @param challenges_ The only contract that can void an epoch; its address is known before it is deployed.
    constructor(IHub hub_, address challenges_, uint64 windowSeconds_) {
        if (hub_.epochs() != address(this)) revert HubMismatch(address(hub_));
        _hub = hub_;
        _challenges = challenges_;
        windowSeconds = windowSeconds_;
    }

    /// @inheritdoc IEpochs
    function post(
        Roots calldata roots,
        SumTree.Root calldata previous,
        IHub.DealSummary[] calldata deals,
        IHub.LazyDeal[] calldata lazy
    ) external returns (uint64 number) {
        Book storage book = _books[msg.sender];
        if (book.pending == MAX_PENDING) revert TooManyPending(msg.sender, MAX_PENDING);
        if (book.pending == 0) book.oldest = book.posted;
        if (book.posted - book.oldest >= MAX_SPAN) revert TooManyPending(msg.sender, MAX_SPAN);
        if (deals.length > MAX_DEALS) revert TooManyDeals(deals.length, MAX_DEALS);
        bytes32 previousHash = _ledgerHash(previous);
        if (previousHash != book.head) revert LedgerBroken(book.head, previousHash);
        _openLazily(deals, lazy);
        uint256 valueWei = _reserve(roots, previous.sum, deals);

        number = book.posted++;
        book.pending++;
        book.head = _ledgerHash(roots.ledger);
        Epoch memory epoch = Epoch({
            pool: msg.sender,
            number: number,
            postedAt: uint64(block.timestamp),
            valueWei: uint128(valueWei),
            dealsHash: keccak256(abi.encode(deals)),
            previous: previous,
            roots: roots
        });
        bytes32 hash = keccak256(abi.encode(epoch));
        _slots[msg.sender][number] = Slot(bytes31(hash), State.Pending);
        emit Posted(msg.sender, number, hash, epoch, deals);
    }

    /// @inheritdoc IEpochs
    function finalise(Epoch calldata epoch, IHub.DealSummary[] calldata deals) external {
        _require(epoch, State.Pending);
        _requireDeals(epoch, deals);
        uint256 closesAt = uint256(epoch.postedAt) + windowSeconds;
        if (block.timestamp < closesAt) revert WindowOpen(closesAt);
        Book storage book = _books[epoch.pool];
        if (_ledgerHash(epoch.previous) != book.last) revert OutOfOrder(epoch.number);
        book.last = _ledgerHash(epoch.roots.ledger);
        book.pending--;
        book.oldest = epoch.number + 1;
        _slots[epoch.pool][epoch.number].state = State.Final;
        emit Finalised(epoch.pool, epoch.number);
        _hub.settle(epoch.pool, deals, epoch.valueWei);
    }

    /// @inheritdoc IEpochs
    function release(Epoch calldata epoch, IHub.DealSummary[] calldata deals) external {
        _require(epoch, State.Voided);
        _requireDeals(epoch, deals);
        _slots[epoch.pool][epoch.number].state = State.Released;
        emit Released(epoch.pool, epoch.number);
        _hub.release(epoch.pool, deals, epoch.valueWei);
    }

    /// @inheritdoc IEpochs
    function creditMany(Epoch calldata epoch, RangeProof calldata claims) external {
        _require(epoch, State.Final);
        uint256 length = claims.leaves.length;
        if (length > MAX_CLAIMS) revert TooManyClaims(length, MAX_CLAIMS);
        SumTree.Node[] memory run = new SumTree.Node[](length);
        IHub.Claim[] memory list = new IHub.Claim[](length);
        for (uint256 i = 0; i < length; i++) {
            Leaf calldata leaf = claims.leaves[i];
            run[i] = SumTree.Node(Leaves.ledgerHash(leaf), leaf.sum);
            list[i] = IHub.Claim(leaf.worker, leaf.sum);
        }
        SumTree.Root calldata ledger = epoch.roots.ledger;
        if (!SumTree.equal(SumTree.rangeRoot(run, claims.first, ledger.count, claims.path), ledger))
            revert NotInTree("ledger", claims.first);
        _hub.credit(epoch.pool, list);
    }

    /// @inheritdoc IEpochs
    /// @dev Later epochs may be honest work, but on a ledger that is no more: they are voided, and only the first is slashed.
    function void(Epoch calldata epoch, address challenger) external {
        if (msg.sender != _challenges) revert NotChallenges(msg.sender);
        _require(epoch, State.Pending);
        Book storage book = _books[epoch.pool];
        for (uint64 number = epoch.number; number < book.posted; number++) {
            Slot storage slot = _slots[epoch.pool][number];
            if (slot.state != State.Pending) continue;
            slot.state = State.Voided;
            book.pending--;
            emit Voided(epoch.pool, number);
        }
        book.head = _ledgerHash(epoch.previous);
        _hub.slash(epoch.pool, 2 * uint256(epoch.valueWei), challenger);
    }

    /// @inheritdoc IEpochs
    function hub() external view returns (IHub) {
        return _hub;
    }

    /// @inheritdoc IEpochs
    function challenges() external view returns (address) {
        return _challenges;
    }

    /// @inheritdoc IEpochs
    function stateOf(address pool, uint64 number) external view returns (State state, bytes31 hash) {
        Slot memory slot = _slots[pool][number];
        return (slot.state, slot.hash);
    }

    /// @inheritdoc IEpochs
    function posted(address pool) external view returns (uint64) {
        return _books[pool].posted;
    }

    /// @inheritdoc IEpochs
    function ledgersOf(address pool) external view returns (bytes32 head, bytes32 last) {
        return (_books[pool].head, _books[pool].last);
    }

    /// @inheritdoc IEpochs
    function lazyDealId(IHub.LazyOrder calldata order) public view returns (bytes32) {
        return LazyOrders.hash(order, address(_hub));
    }

    /// @inheritdoc IEpochs
    function isIn(Epoch calldata epoch, State state) public view returns (bool) {
        Slot memory slot = _slots[epoch.pool][epoch.number];
        return slot.state == state && slot.hash == bytes31(hashOf(epoch));
    }

    /// @inheritdoc IEpochs
    function hashOf(Epoch calldata epoch) public pure returns (bytes32) {
        return keccak256(abi.encode(epoch));
    }

    function _require(Epoch calldata epoch, State state) private view {
        if (!isIn(epoch, state)) {
            revert EpochUnknown(epoch.pool, epoch.number, _slots[epoch.pool][epoch.number].state);
        }
    }

    function _requireDeals(Epoch calldata epoch, IHub.DealSummary[] calldata deals) private pure {
        bytes32 found = keccak256(abi.encode(deals));
        if (found != epoch.dealsHash) revert DealsMismatch(epoch.dealsHash, found);
    }

    /// @dev Sorted like the summaries, so one pass tells that each is settled here.
    function _openLazily(IHub.DealSummary[] calldata deals, IHub.LazyDeal[] calldata lazy) private {
        uint256 next = 0;
        for (uint256 i = 0; i < lazy.length; i++) {
            IHub.LazyOrder calldata order = lazy[i].order;
            bytes32 dealId = lazyDealId(order);
            while (next < deals.length && deals[next].dealId < dealId) next++;
            if (next == deals.length || deals[next].dealId != dealId) revert LazyDealNotSettled(dealId);
            (address signer, ECDSA.RecoverError fault, ) = ECDSA.tryRecover(dealId, lazy[i].signature);
            if (fault != ECDSA.RecoverError.NoError || signer != order.requester)
                revert BadSignature(order.requester, dealId);
            _hub.openLazy(msg.sender, dealId, order);
        }
    }

    /// @dev What the totals alone can show is shown at once: tasks counted, rewards and ledger add up.
    function _reserve(
        Roots calldata roots,
        uint256 previousSum,
        IHub.DealSummary[] calldata deals
    ) private returns (uint256 valueWei) {
        uint256 tasks = 0;
        for (uint256 i = 0; i < deals.length; i++) tasks += deals[i].tasks;
        if (tasks == 0) revert NothingToPost();
        if (tasks != roots.tasks.count) revert CountWrong("tasks", tasks, roots.tasks.count);
        if (roots.rewards.count < tasks) revert CountWrong("rewards", tasks, roots.rewards.count);

        uint256 rewardsWei = 0;
        uint256 workersWei = 0;
        (valueWei, rewardsWei, workersWei) = _hub.reserve(msg.sender, deals);
        (uint256 foundWei, uint256 good, uint256 bad) = SumTree.unpack(roots.rewards.sum);
        if (foundWei != rewardsWei) revert SumWrong("rewards", rewardsWei, foundWei);
        // Fewer where somebody contributed alone: that counts as neither.
        if (good + bad > roots.rewards.count) revert CountWrong("rewards", good + bad, roots.rewards.count);
        uint256 ledgerSum = SumTree.add(previousSum, SumTree.pack(workersWei, good, bad));
        if (ledgerSum != roots.ledger.sum) revert SumWrong("ledger", ledgerSum, roots.ledger.sum);
    }

    /// @dev 0 for the ledger before the first epoch.
    function _ledgerHash(SumTree.Root calldata ledger) private pure returns (bytes32) {
        return
            ledger.count == 0 && ledger.sum == 0 && ledger.root == 0
                ? bytes32(0)
                : keccak256(abi.encode(ledger));
    }
}
