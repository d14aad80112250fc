// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEpochs} from "./IEpochs.sol";
import {IHub} from "./IHub.sol";

/// @title Proofs that an epoch lies.
/// @notice A challenge shows leaves of a pending epoch's trees that cannot stand beside each other. If they can, it reverts
/// with `NoFault`: an honest epoch loses to none. A lie costs its pool twice the epoch's value: half goes to the challenger,
/// half is burned.
interface IChallenges {
    /// @notice What can be wrong with an epoch.
    enum Fault {
        ForgedContribution,
        UnprovenTask,
        UnsortedTasks,
        MisplacedTask,
        SettledTwice,
        WrongReward,
        WrongLedger
    }

    struct TaskProof {
        IEpochs.Task task;
        uint32 position;
        bytes32[] path;
    }

    struct ContributionProof {
        IEpochs.Contribution contribution;
        uint8 position;
        bytes32[] path;
    }

    struct BatchProof {
        IEpochs.Batch batch;
        bytes32[] path;
    }

    /// @notice Somebody will show something; what, only it knows.
    event ChallengeLocked(address indexed challenger, bytes32 lock);
    /// @notice A lie was proved.
    event Exposed(address indexed pool, uint64 indexed number, Fault fault, address indexed challenger);

    error EpochsMismatch(address epochs);
    error NotLocked(bytes32 lock);
    error LockTooYoung(uint256 lockedAt, uint256 atBlock);
    error NotPending(address pool, uint64 number);
    error NotSettled(address pool, uint64 number);
    error DealsMismatch(bytes32 expectedHash, bytes32 foundHash);
    error NotInTree(string tree, uint256 position);
    error Incomplete(string tree, address worker);
    error NoFault(Fault fault);

    /// @notice Announces a challenge without showing it, so that a pool cannot answer its own exposure by exposing itself
    /// first. Needed two blocks before.
    /// @param lock keccak256(abi.encode(challenger, epoch hash, fault, position, salt)). `position` is that of the task
    /// named first in the challenge's arguments; for a ledger it is the worker's address as a number.
    function lockChallenge(bytes32 lock) external;

    /// @notice A contribution that its worker did not make: the batch is not in the epoch or another worker's, its signature
    /// is not the worker's, the commitment does not open to digest and salt or is not in the batch; or it is said to agree,
    /// or not, against its digest.
    /// @param batch Ignored if the contribution names a batch beyond the epoch's.
    function challengeContribution(
        IEpochs.Epoch calldata epoch,
        TaskProof calldata task,
        ContributionProof calldata contribution,
        BatchProof calldata batch,
        bytes32 salt
    ) external;

    /// @notice A task that its contributions do not certify: one worker twice, too few, or the deal's law not satisfied.
    /// @param contributions All of them.
    function challengeTask(
        IEpochs.Epoch calldata epoch,
        TaskProof calldata task,
        IEpochs.Contribution[] calldata contributions,
        bytes32 salt
    ) external;

    /// @notice Neighbouring tasks that are not in increasing order: the same task twice, for one.
    function challengeOrder(
        IEpochs.Epoch calldata epoch,
        TaskProof calldata task,
        TaskProof calldata next,
        bytes32 salt
    ) external;

    /// @notice A task that is not where the deal summaries place it, or beyond its deal's volume.
    function challengePlace(
        IEpochs.Epoch calldata epoch,
        IHub.DealSummary[] calldata deals,
        TaskProof calldata task,
        bytes32 salt
    ) external;

    /// @notice A task that an earlier epoch of the pool, pending or final, has settled.
    function challengeSettledTwice(
        IEpochs.Epoch calldata epoch,
        TaskProof calldata task,
        IEpochs.Epoch calldata earlier,
        TaskProof calldata earlierTask,
        bytes32 salt
    ) external;

    /// @notice A reward that is not what the task's contributions say: wrong, missing, of somebody who did not contribute,
    /// out of order, or for a task that is not in the epoch.
    /// @param contributions All of the task's.
    /// @param worker Whose reward it is.
    /// @param rewards The worker's leaf for this task with at least the neighbours that show, if it is missing, where it
    /// would be.
    function challengeReward(
        IEpochs.Epoch calldata epoch,
        TaskProof calldata task,
        IEpochs.Contribution[] calldata contributions,
        address worker,
        IEpochs.RangeProof calldata rewards,
        bytes32 salt
    ) external;

    /// @notice A ledger that does not say of a worker: what it said before, and what this epoch's rewards add, forfeits
    /// left out.
    /// @param rewards Every leaf of the worker in this epoch's rewards, with one neighbour on each side or the tree's end.
    /// @param ledger The same in this epoch's ledger.
    /// @param previous The same in the ledger it builds on. All three may show that there is no leaf of the worker; of an
    /// empty tree nothing is shown.
    function challengeLedger(
        IEpochs.Epoch calldata epoch,
        address worker,
        IEpochs.RangeProof calldata rewards,
        IEpochs.RangeProof calldata ledger,
        IEpochs.RangeProof calldata previous,
        bytes32 salt
    ) external;

    /// @notice The epochs that are heard here.
    function epochs() external view returns (IEpochs);
}
