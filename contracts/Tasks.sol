// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IHub} from "./interfaces/IHub.sol";
import {IStakes} from "./interfaces/IStakes.sol";
import {ITaskConsumer} from "./interfaces/ITaskConsumer.sol";
import {ITasks} from "./interfaces/ITasks.sol";
import {Commit} from "./libraries/Commit.sol";
import {Digest} from "./libraries/Digest.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {PocoMath} from "./libraries/PocoMath.sol";

/// @title Tasks asked for by contracts.
/// @dev
///   request ──▶ set aside ──certify──▶ paid, scores moved ──▶ receiveResult ──failed──▶ deliver again
///                   └──deadline over──▶ refund
contract Tasks is ITasks {
    using MerkleTree for MerkleTree.Root;

    /// @notice Of a request's callback.
    uint256 public constant MAX_CALLBACK_GAS = 1_000_000;
    /// @notice Kept back for what comes after a callback: an event, and the digest of a result that was not taken.
    uint256 public constant CALLBACK_RESERVE = 40_000;
    /// @notice What a request's stake is counted in, so that it fits beside the rest of the task.
    uint256 public constant STAKE_UNIT_WEI = 1e15;

    /// @dev One word.
    struct Task {
        address consumer;
        uint32 callbackGas;
        uint32 itemBytes;
        uint32 stakeUnits;
    }

    IHub private immutable _hub;
    IStakes private immutable _stakes;

    mapping(bytes32 taskId => Task) private _tasks;
    mapping(bytes32 taskId => bytes32 digest) private _undelivered;
    mapping(bytes32 commitment => bool) private _revealed;

    /// @param hub_ Must name this contract as its Tasks.
    constructor(IHub hub_) {
        if (hub_.tasks() != address(this)) revert RequestInvalid("hub");
        _hub = hub_;
        _stakes = IStakes(hub_.stakes());
    }

    /// @inheritdoc ITasks
    function request(Request calldata request_) external returns (bytes32 taskId) {
        if (request_.itemBytes == 0 || request_.itemBytes > Digest.LEAF_BYTES)
            revert RequestInvalid("itemBytes");
        if (request_.callbackGas > MAX_CALLBACK_GAS) revert RequestInvalid("callbackGas");
        // A stake that is asked back now must not be gone before the task is settled.
        if (request_.deadline > block.timestamp + _hub.unbondSeconds()) revert RequestInvalid("deadline");
        uint256 stakeUnits = uint256(request_.workerStakeWei) / STAKE_UNIT_WEI;
        if (stakeUnits * STAKE_UNIT_WEI != request_.workerStakeWei || stakeUnits > type(uint32).max)
            revert RequestInvalid("workerStakeWei");

        taskId = _hub.openTask(msg.sender, _order(request_));
        _tasks[taskId] = Task(msg.sender, request_.callbackGas, request_.itemBytes, uint32(stakeUnits));
        emit TaskRequested(taskId, msg.sender, request_.pool, request_);
    }

    /// @inheritdoc ITasks
    function certify(
        bytes32 taskId,
        bytes32 nonce,
        Contribution[] calldata contributions,
        Unrevealed[] calldata unrevealed,
        bytes calldata result
    ) external {
        Task memory task = _tasks[taskId];
        if (task.consumer == address(0)) revert TaskUnknown(taskId);
        if (!Digest.isOneLeaf(result.length, task.itemBytes))
            revert ResultInvalid(result.length, task.itemBytes);
        bytes32 digest = Digest.ofLeaf(result, task.itemBytes);
        (address[] memory workers, bytes32[] memory digests) = _check(
            Commit.taskKey(taskId, 0, nonce),
            contributions,
            unrevealed
        );
        if (task.stakeUnits > 0)
            _stakes.settle(taskId, workers, digests, digest, task.stakeUnits * STAKE_UNIT_WEI);
        _hub.settleTask(taskId, msg.sender, digest, workers, _groupsOf(digests, digest));
        if (task.callbackGas > 0) _callBack(taskId, task, digest, result);
    }

    /// @inheritdoc ITasks
    function deliver(bytes32 taskId, bytes calldata result) external {
        Task memory task = _tasks[taskId];
        bytes32 digest = Digest.ofLeaf(result, task.itemBytes);
        if (_undelivered[taskId] != digest || digest == 0) revert NotUndelivered(taskId, digest);
        delete _undelivered[taskId];
        emit ResultDelivered(taskId, true);
        ITaskConsumer(task.consumer).receiveResult(taskId, result);
    }

    /// @inheritdoc ITasks
    function refund(bytes32 taskId) external {
        if (_tasks[taskId].consumer == address(0)) revert TaskUnknown(taskId);
        emit TaskRefunded(taskId);
        _hub.refundTask(taskId);
    }

    /// @inheritdoc ITasks
    function reveal(bytes32 taskKey, address worker, bytes32 digest, bytes32 salt) external {
        bytes32 commitment = Commit.commitment(taskKey, worker, digest, salt);
        _revealed[commitment] = true;
        emit Revealed(commitment);
    }

    /// @inheritdoc ITasks
    function hub() external view returns (IHub) {
        return _hub;
    }

    /// @inheritdoc ITasks
    function consumerOf(bytes32 taskId) external view returns (address) {
        return _tasks[taskId].consumer;
    }

    /// @dev As the Hub takes them: 0 for who has `digest`; for another digest one more than the first place where it stands.
    function _groupsOf(bytes32[] memory digests, bytes32 digest) private pure returns (bytes memory groups) {
        groups = new bytes(digests.length);
        for (uint256 i = 0; i < digests.length; i++) {
            if (digests[i] == digest) continue;
            uint256 first = 0;
            while (digests[first] != digests[i]) first++;
            groups[i] = bytes1(uint8(first + 1));
        }
    }

    /// @dev Last, when all is settled: whatever the consumer does, re-entering included, finds the task paid. It gets its gas
    /// and no more, and nothing that it returns is copied.
    function _callBack(bytes32 taskId, Task memory task, bytes32 digest, bytes calldata result) private {
        address consumer = task.consumer;
        uint256 callbackGas = task.callbackGas;
        bytes memory data = abi.encodeCall(ITaskConsumer.receiveResult, (taskId, result));
        // Of what is left a call gets 63/64 at most. Less than was promised, and the pool could make a callback fail.
        uint256 neededGas = (callbackGas * 64) / 63 + CALLBACK_RESERVE;
        if (gasleft() < neededGas) revert CallbackGasTooLow(gasleft(), neededGas);
        bool success;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            success := call(callbackGas, consumer, 0, add(data, 32), mload(data), 0, 0)
        }
        if (!success) _undelivered[taskId] = digest;
        emit ResultDelivered(taskId, success);
    }

    /// @dev Every signature, and each worker once.
    /// @return workers First those who revealed, then those who did not.
    /// @return digests Of those who revealed.
    function _check(
        bytes32 key,
        Contribution[] calldata contributions,
        Unrevealed[] calldata unrevealed
    ) private view returns (address[] memory workers, bytes32[] memory digests) {
        uint256 revealed = contributions.length;
        uint256 length = revealed + unrevealed.length;
        if (length > PocoMath.MAX_CONTRIBUTIONS)
            revert TooManyContributions(length, PocoMath.MAX_CONTRIBUTIONS);
        workers = new address[](length);
        digests = new bytes32[](revealed);
        bytes32 domain = Commit.domainSeparator(address(_hub));
        address last = address(0);
        for (uint256 i = 0; i < revealed; i++) {
            Contribution calldata contribution = contributions[i];
            address worker = contribution.worker;
            if (worker <= last) revert WorkersUnsorted(last, worker);
            digests[i] = _checkContribution(domain, key, contribution);
            workers[i] = last = worker;
        }
        for (uint256 i = revealed; i < length; i++) {
            workers[i] = _checkUnrevealed(domain, key, unrevealed[i - revealed]);
            for (uint256 j = 0; j < i; j++)
                if (workers[j] == workers[i]) revert WorkersUnsorted(workers[j], workers[i]);
        }
    }

    function _checkContribution(
        bytes32 domain,
        bytes32 key,
        Contribution calldata contribution
    ) private view returns (bytes32 digest) {
        address worker = contribution.worker;
        digest = contribution.digest;
        bytes32 made = Commit.commitment(key, worker, digest, contribution.salt);
        bytes32 root = keccak256(abi.encodePacked(uint8(0), made));
        if (contribution.count != 1 || contribution.position != 0 || contribution.path.length != 0) {
            root = MerkleTree.rootFrom(root, contribution.position, contribution.count, contribution.path);
            if (root == 0) revert NotCommitted(worker);
        }
        bytes32 hash = Commit.batchHash(
            domain,
            msg.sender,
            worker,
            contribution.sequence,
            root,
            contribution.count
        );
        _requireSigned(hash, contribution.r, contribution.vs, worker);
    }

    function _checkUnrevealed(
        bytes32 domain,
        bytes32 key,
        Unrevealed calldata pledge
    ) private view returns (address worker) {
        worker = pledge.worker;
        if (block.timestamp < pledge.revealBy || _revealed[pledge.commitment])
            revert PromiseNotBroken(worker);
        bytes32 hash = Commit.acceptanceHash(
            domain,
            msg.sender,
            worker,
            key,
            pledge.commitment,
            pledge.revealBy
        );
        _requireSigned(hash, pledge.r, pledge.vs, worker);
    }

    function _requireSigned(bytes32 hash, bytes32 r, bytes32 vs, address signer) private pure {
        (address found, ECDSA.RecoverError fault, ) = ECDSA.tryRecover(hash, r, vs);
        if (fault != ECDSA.RecoverError.NoError || found != signer) revert NotSigned(signer);
    }

    function _order(Request calldata request_) private pure returns (IHub.Order memory order) {
        order.pool = request_.pool;
        order.appHash = request_.appHash;
        order.jobHash = keccak256(bytes(request_.spec));
        order.law = IHub.Law.Poco;
        order.trust = request_.trust;
        order.replicas = request_.replicas;
        order.tasks = 1;
        order.pricePerTaskWei = request_.priceWei;
        order.maxFeeBps = request_.maxFeeBps;
        order.deadline = request_.deadline;
        (order.appOwner, order.appWei) = (request_.appOwner, request_.appWei);
        (order.datasetOwner, order.datasetWei) = (request_.datasetOwner, request_.datasetWei);
    }
}
