// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IChallenges} from "./interfaces/IChallenges.sol";
import {IEpochs} from "./interfaces/IEpochs.sol";
import {IHub} from "./interfaces/IHub.sol";
import {Commit} from "./libraries/Commit.sol";
import {Leaves} from "./libraries/Leaves.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {Payout} from "./libraries/Payout.sol";
import {PocoMath} from "./libraries/PocoMath.sol";
import {SumTree} from "./libraries/SumTree.sol";

/// @title Proofs that an epoch lies.
/// @dev Reads the trees of a posted epoch and its deals; holds no money and no state but locks.
contract Challenges is IChallenges {
    using MerkleTree for MerkleTree.Root;

    /// @notice Blocks between locking a challenge and showing it.
    uint256 public constant LOCK_BLOCKS = 2;

    IEpochs private immutable _epochs;
    IHub private immutable _hub;

    mapping(bytes32 lock => uint256 blockNumber) private _locks;

    /// @param epochs_ Must name this contract as its Challenges.
    constructor(IEpochs epochs_) {
        if (epochs_.challenges() != address(this)) revert EpochsMismatch(address(epochs_));
        _epochs = epochs_;
        _hub = epochs_.hub();
    }

    /// @inheritdoc IChallenges
    function lockChallenge(bytes32 lock) external {
        if (_locks[lock] != 0) return;
        _locks[lock] = block.number;
        emit ChallengeLocked(msg.sender, lock);
    }

    /// @inheritdoc IChallenges
    function challengeContribution(
        IEpochs.Epoch calldata epoch,
        TaskProof calldata task,
        ContributionProof calldata contribution,
        BatchProof calldata batch,
        bytes32 salt
    ) external {
        _open(epoch, Fault.ForgedContribution, task.position, salt);
        _requireTask(epoch, task);
        MerkleTree.Root memory tree = MerkleTree.Root(task.task.contributionsRoot, task.task.contributions);
        if (!tree.contains(Leaves.hash(contribution.contribution), contribution.position, contribution.path))
            revert NotInTree("contributions", contribution.position);
        if (!_isForged(epoch, task.task, contribution.contribution, batch))
            revert NoFault(Fault.ForgedContribution);
        _void(epoch, Fault.ForgedContribution);
    }

    /// @inheritdoc IChallenges
    function challengeTask(
        IEpochs.Epoch calldata epoch,
        TaskProof calldata task,
        IEpochs.Contribution[] calldata contributions,
        bytes32 salt
    ) external {
        _open(epoch, Fault.UnprovenTask, task.position, salt);
        _requireTask(epoch, task);
        if (_countIsPossible(task.task)) {
            _requireContributions(task.task, contributions);
            if (_isProven(task.task, contributions)) revert NoFault(Fault.UnprovenTask);
        }
        _void(epoch, Fault.UnprovenTask);
    }

    /// @inheritdoc IChallenges
    function challengeOrder(
        IEpochs.Epoch calldata epoch,
        TaskProof calldata task,
        TaskProof calldata next,
        bytes32 salt
    ) external {
        _open(epoch, Fault.UnsortedTasks, task.position, salt);
        _requireTask(epoch, task);
        _requireTask(epoch, next);
        if (next.position != task.position + 1 || Leaves.before(task.task, next.task))
            revert NoFault(Fault.UnsortedTasks);
        _void(epoch, Fault.UnsortedTasks);
    }

    /// @inheritdoc IChallenges
    function challengePlace(
        IEpochs.Epoch calldata epoch,
        IHub.DealSummary[] calldata deals,
        TaskProof calldata task,
        bytes32 salt
    ) external {
        _open(epoch, Fault.MisplacedTask, task.position, salt);
        _requireTask(epoch, task);
        bytes32 dealsHash = keccak256(abi.encode(deals));
        if (dealsHash != epoch.dealsHash) revert DealsMismatch(epoch.dealsHash, dealsHash);
        uint256 i = 0;
        for (uint256 end = deals[0].tasks; task.position >= end; end += deals[i].tasks) i++;
        bool isPlaced = deals[i].dealId == task.task.dealId;
        if (isPlaced && task.task.index < _hub.dealOf(task.task.dealId).tasks)
            revert NoFault(Fault.MisplacedTask);
        _void(epoch, Fault.MisplacedTask);
    }

    /// @inheritdoc IChallenges
    function challengeSettledTwice(
        IEpochs.Epoch calldata epoch,
        TaskProof calldata task,
        IEpochs.Epoch calldata earlier,
        TaskProof calldata earlierTask,
        bytes32 salt
    ) external {
        _open(epoch, Fault.SettledTwice, task.position, salt);
        bool isSettled =
            _epochs.isIn(earlier, IEpochs.State.Pending) || _epochs.isIn(earlier, IEpochs.State.Final);
        if (!isSettled) revert NotSettled(earlier.pool, earlier.number);
        _requireTask(epoch, task);
        _requireTask(earlier, earlierTask);
        bool isEarlier = earlier.pool == epoch.pool && earlier.number < epoch.number;
        bool isSame =
            earlierTask.task.dealId == task.task.dealId && earlierTask.task.index == task.task.index;
        if (!isEarlier || !isSame) revert NoFault(Fault.SettledTwice);
        _void(epoch, Fault.SettledTwice);
    }

    /// @inheritdoc IChallenges
    function challengeReward(
        IEpochs.Epoch calldata epoch,
        TaskProof calldata task,
        IEpochs.Contribution[] calldata contributions,
        address worker,
        IEpochs.RangeProof calldata rewards,
        bytes32 salt
    ) external {
        _open(epoch, Fault.WrongReward, task.position, salt);
        _requireTask(epoch, task);
        _requireContributions(task.task, contributions);
        _requireRange("rewards", epoch.roots.rewards, rewards, true);
        uint256 owed = _owed(task.task, contributions, worker);
        uint256 paid = _paid(epoch, rewards, worker, task.position);
        bool areReal = _areReal(rewards, epoch.roots.tasks.count);
        if (areReal && _isSorted(rewards) && owed == paid) revert NoFault(Fault.WrongReward);
        _void(epoch, Fault.WrongReward);
    }

    /// @inheritdoc IChallenges
    function challengeLedger(
        IEpochs.Epoch calldata epoch,
        address worker,
        IEpochs.RangeProof calldata rewards,
        IEpochs.RangeProof calldata ledger,
        IEpochs.RangeProof calldata previous,
        bytes32 salt
    ) external {
        _open(epoch, Fault.WrongLedger, uint160(worker), salt);
        uint256 earned = _sumOf("rewards", epoch.roots.rewards, rewards, worker, true);
        uint256 before = _sumOf("previous", epoch.previous, previous, worker, false);
        uint256 found = _sumOf("ledger", epoch.roots.ledger, ledger, worker, false);
        (, uint256 good, uint256 bad) = SumTree.unpack(earned);
        uint256 contributed = _countOf(rewards, worker);
        if (Payout.forfeits(contributed - Math.min(bad, contributed), bad))
            earned = SumTree.pack(0, good, bad);
        if (_isSorted(rewards) && _isSorted(ledger) && SumTree.add(before, earned) == found)
            revert NoFault(Fault.WrongLedger);
        _void(epoch, Fault.WrongLedger);
    }

    /// @inheritdoc IChallenges
    function epochs() external view returns (IEpochs) {
        return _epochs;
    }

    function _void(IEpochs.Epoch calldata epoch, Fault fault) private {
        emit Exposed(epoch.pool, epoch.number, fault, msg.sender);
        _epochs.void(epoch, msg.sender);
    }

    function _open(IEpochs.Epoch calldata epoch, Fault fault, uint256 position, bytes32 salt) private {
        if (!_epochs.isIn(epoch, IEpochs.State.Pending)) revert NotPending(epoch.pool, epoch.number);
        bytes32 lock = keccak256(abi.encode(msg.sender, keccak256(abi.encode(epoch)), fault, position, salt));
        uint256 lockedAt = _locks[lock];
        if (lockedAt == 0) revert NotLocked(lock);
        if (block.number < lockedAt + LOCK_BLOCKS) revert LockTooYoung(lockedAt, block.number);
        delete _locks[lock];
    }

    function _isForged(
        IEpochs.Epoch calldata epoch,
        IEpochs.Task calldata task,
        IEpochs.Contribution calldata contribution,
        BatchProof calldata proof
    ) private view returns (bool) {
        // Of a comparator job (law Pool) contributors that agree have different digests; the canonical one agrees always.
        bool isEqual = contribution.digest == task.digest;
        bool mayDiffer = _hub.dealOf(task.dealId).law == IHub.Law.Pool;
        if (isEqual ? !contribution.agrees : contribution.agrees && !mayDiffer) return true;

        if (contribution.batch >= epoch.roots.commits.count) return true;
        IEpochs.Batch calldata batch = proof.batch;
        if (!epoch.roots.commits.contains(Leaves.hash(batch), contribution.batch, proof.path))
            revert NotInTree("commits", contribution.batch);
        if (batch.worker != contribution.worker) return true;
        bytes32 key = Commit.taskKey(task.dealId, task.index, task.nonce);
        bytes32 made = Commit.commitment(key, batch.worker, contribution.digest, contribution.salt);
        MerkleTree.Root memory tree = MerkleTree.Root(batch.root, batch.count);
        if (
            !tree.contains(
                MerkleTree.leafHash(abi.encodePacked(made)),
                contribution.position,
                contribution.path
            )
        ) return true;
        return !_isSigned(epoch.pool, batch);
    }

    function _isSigned(address pool, IEpochs.Batch calldata batch) private view returns (bool) {
        bytes32 domain = Commit.domainSeparator(address(_hub));
        bytes32 hash = Commit.batchHash(domain, pool, batch.worker, batch.sequence, batch.root, batch.count);
        (address signer, ECDSA.RecoverError fault, ) = ECDSA.tryRecover(hash, batch.signature);
        return fault == ECDSA.RecoverError.NoError && signer == batch.worker;
    }

    function _isProven(
        IEpochs.Task calldata task,
        IEpochs.Contribution[] calldata contributions
    ) private view returns (bool) {
        IHub.Deal memory deal = _hub.dealOf(task.dealId);
        uint256 agreeing = 0;
        uint256[] memory scores = new uint256[](contributions.length);
        bytes32[] memory digests = new bytes32[](contributions.length);
        for (uint256 i = 0; i < contributions.length; i++) {
            for (uint256 j = 0; j < i; j++)
                if (contributions[j].worker == contributions[i].worker) return false;
            if (contributions[i].agrees) agreeing++;
            scores[i] = contributions[i].score;
            digests[i] = contributions[i].digest;
        }
        if (agreeing == 0 || agreeing < deal.replicas) return false;
        if (deal.law == IHub.Law.Pool) return 2 * agreeing > contributions.length;
        return PocoMath.certifies(scores, digests, task.digest, deal.trust);
    }

    /// @dev What one worker's leaf for this task must say; 0 for somebody who did not contribute.
    function _owed(
        IEpochs.Task calldata task,
        IEpochs.Contribution[] calldata contributions,
        address worker
    ) private view returns (uint256) {
        uint256 shares = 0;
        uint256 share = 0;
        bool isWrong = false;
        for (uint256 i = 0; i < contributions.length; i++) {
            bool isWorkers = contributions[i].worker == worker;
            if (contributions[i].agrees) {
                uint256 one = PocoMath.share(contributions[i].score);
                shares += one;
                if (isWorkers) share = one;
            } else if (isWorkers) {
                isWrong = true;
            }
        }
        if (isWrong) return SumTree.pack(0, 0, 1);
        if (share == 0) return 0;
        IHub.Deal memory deal = _hub.dealOf(task.dealId);
        uint256 assetsWei = uint256(deal.appWei) + deal.datasetWei;
        uint256 workersWei = Payout.workers(deal.pricePerTaskWei, assetsWei, deal.feeBps);
        // What nobody else contributed to is paid, and earns no score.
        return SumTree.pack(Payout.reward(workersWei, share, shares), contributions.length > 1 ? 1 : 0, 0);
    }

    /// @dev The worker's leaf for one task in a proved run; 0 if the run shows that there is none.
    function _paid(
        IEpochs.Epoch calldata epoch,
        IEpochs.RangeProof calldata run,
        address worker,
        uint32 position
    ) private pure returns (uint256) {
        uint256 length = run.leaves.length;
        for (uint256 i = 0; i < length; i++) {
            if (run.leaves[i].worker == worker && run.leaves[i].task == position) return run.leaves[i].sum;
        }
        IEpochs.Leaf calldata last = run.leaves[length - 1];
        bool startsBefore = run.first == 0 || _isBefore(run.leaves[0], worker, position);
        bool endsAfter =
            run.first + length == epoch.roots.rewards.count || !_isBefore(last, worker, position);
        if (!startsBefore || !endsAfter) revert Incomplete("rewards", worker);
        return 0;
    }

    function _isBefore(
        IEpochs.Leaf calldata leaf,
        address worker,
        uint32 position
    ) private pure returns (bool) {
        return leaf.worker < worker || (leaf.worker == worker && leaf.task < position);
    }

    /// @dev What a worker's leaves add up to, in a run proved to hold them all.
    function _sumOf(
        string memory name,
        SumTree.Root calldata tree,
        IEpochs.RangeProof calldata run,
        address worker,
        bool isRewards
    ) private pure returns (uint256 sum) {
        if (tree.count == 0) return 0;
        _requireRange(name, tree, run, isRewards);
        uint256 length = run.leaves.length;
        bool startsBefore = run.first == 0 || run.leaves[0].worker < worker;
        bool endsAfter = run.first + length == tree.count || run.leaves[length - 1].worker > worker;
        if (!startsBefore || !endsAfter) revert Incomplete(name, worker);
        for (uint256 i = 0; i < length; i++)
            if (run.leaves[i].worker == worker) sum = SumTree.add(sum, run.leaves[i].sum);
    }

    /// @dev A reward for a task beyond the last would count for its worker, and no task could be shown beside it. One that says
    /// nothing would count among the contributions that spare its worker a forfeit; no contribution earns that: a single one
    /// has all of the workers' part.
    function _areReal(IEpochs.RangeProof calldata rewards, uint32 tasks) private pure returns (bool) {
        for (uint256 i = 0; i < rewards.leaves.length; i++) {
            if (rewards.leaves[i].task >= tasks || rewards.leaves[i].sum == 0) return false;
        }
        return true;
    }

    function _countOf(IEpochs.RangeProof calldata run, address worker) private pure returns (uint256 count) {
        for (uint256 i = 0; i < run.leaves.length; i++) if (run.leaves[i].worker == worker) count++;
    }

    function _isSorted(IEpochs.RangeProof calldata run) private pure returns (bool) {
        for (uint256 i = 1; i < run.leaves.length; i++) {
            if (!Leaves.before(run.leaves[i - 1], run.leaves[i])) return false;
        }
        return true;
    }

    function _requireRange(
        string memory name,
        SumTree.Root calldata tree,
        IEpochs.RangeProof calldata run,
        bool isRewards
    ) private pure {
        SumTree.Node[] memory nodes = new SumTree.Node[](run.leaves.length);
        for (uint256 i = 0; i < run.leaves.length; i++) {
            IEpochs.Leaf calldata leaf = run.leaves[i];
            nodes[i] = SumTree.Node(isRewards ? Leaves.rewardHash(leaf) : Leaves.ledgerHash(leaf), leaf.sum);
        }
        if (!SumTree.equal(SumTree.rangeRoot(nodes, run.first, tree.count, run.path), tree))
            revert NotInTree(name, run.first);
    }

    function _requireTask(IEpochs.Epoch calldata epoch, TaskProof calldata proof) private pure {
        if (!epoch.roots.tasks.contains(Leaves.hash(proof.task), proof.position, proof.path))
            revert NotInTree("tasks", proof.position);
    }

    function _requireContributions(
        IEpochs.Task calldata task,
        IEpochs.Contribution[] calldata contributions
    ) private pure {
        bytes32[] memory hashes = new bytes32[](contributions.length);
        for (uint256 i = 0; i < contributions.length; i++) hashes[i] = Leaves.hash(contributions[i]);
        bool isWhole = contributions.length == task.contributions && contributions.length > 0;
        if (!isWhole || MerkleTree.rootOf(hashes) != task.contributionsRoot)
            revert NotInTree("contributions", contributions.length);
    }

    function _countIsPossible(IEpochs.Task calldata task) private pure returns (bool) {
        return task.contributions > 0 && task.contributions <= PocoMath.MAX_CONTRIBUTIONS;
    }
}
