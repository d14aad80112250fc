// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHub} from "./IHub.sol";

/// @title Tasks asked for by contracts, and settled at once: no window, no challenge, every rule checked in one transaction.
/// @notice A task is a deal of one task under law `Poco`. Its money is in the Hub, set aside from the start, so that no epoch
/// can settle it too; it is paid once, by `certify`, or refunded, after its deadline.
interface ITasks {
    /// @notice What is asked for.
    /// @param pool Who does it.
    /// @param appHash SHA-256 in the app's content id.
    /// @param trust T, as PocoMath has it.
    /// @param replicas Agreeing contributions asked for, whatever the trust.
    /// @param priceWei Everything included; taken from the caller's free balance in the Hub.
    /// @param maxFeeBps The request is refused if the pool's fee is above it now.
    /// @param deadline Seconds; no later than the unbonding of a stake that is asked back now.
    /// @param workerStakeWei What every contributor must have staked, and loses for a wrong result; 0 for any worker. Whole
    /// thousandths of a token.
    /// @param itemBytes Size of an item of the result, from 1 to 4096: part of its digest.
    /// @param callbackGas What `receiveResult` may use; 0 for no callback. At most 1,000,000.
    /// @param appOwner Is paid `appWei` of the price; 0 if the app costs nothing. So is the dataset's.
    /// @param spec The job's canonical description, as protocol/job.ts hashes it.
    struct Request {
        address pool;
        bytes32 appHash;
        uint32 trust;
        uint8 replicas;
        uint128 priceWei;
        uint16 maxFeeBps;
        uint64 deadline;
        uint128 workerStakeWei;
        uint32 itemBytes;
        uint32 callbackGas;
        address appOwner;
        uint96 appWei;
        address datasetOwner;
        uint96 datasetWei;
        string spec;
    }

    /// @notice A contribution with what proves it: the worker's signature of its commit batch (EIP-2098, as r and vs), and
    /// what was committed to.
    /// @param position Of the commitment in the batch, as `path` proves.
    struct Contribution {
        address worker;
        uint64 sequence;
        uint32 count;
        uint32 position;
        bytes32 digest;
        bytes32 salt;
        bytes32 r;
        bytes32 vs;
        bytes32[] path;
    }

    /// @notice A worker that promised to reveal and did not: it signed an acceptance of the task.
    /// @param revealBy Seconds; from then on the promise is broken, unless the commitment was revealed on chain.
    struct Unrevealed {
        address worker;
        bytes32 commitment;
        uint64 revealBy;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice A task is there to be done. `spec` is all that a relay needs, besides the app.
    event TaskRequested(
        bytes32 indexed taskId,
        address indexed consumer,
        address indexed pool,
        Request request
    );
    /// @notice Whether the consumer took the result. If not, anybody can deliver it again.
    event ResultDelivered(bytes32 indexed taskId, bool success);
    /// @notice Not done by its deadline; the price is the payer's again.
    event TaskRefunded(bytes32 indexed taskId);
    /// @notice A contribution is public: nobody can say that it was not revealed.
    event Revealed(bytes32 indexed commitment);

    error RequestInvalid(string field);
    error TaskUnknown(bytes32 taskId);
    error TooManyContributions(uint256 contributions, uint256 max);
    error WorkersUnsorted(address first, address second);
    error NotCommitted(address worker);
    error NotSigned(address worker);
    error PromiseNotBroken(address worker);
    error ResultInvalid(uint256 bytes_, uint256 itemBytes);
    error NotUndelivered(bytes32 taskId, bytes32 digest);
    error CallbackGasTooLow(uint256 gas, uint256 needed);

    /// @notice Asks for a task; the caller pays from its free balance in the Hub, and is given the result.
    function request(Request calldata request_) external returns (bytes32 taskId);

    /// @notice Settles a task: checks every signature and the rule, pays, moves scores, and delivers the result. By its pool,
    /// before the deadline.
    /// @param nonce Of the task's key.
    /// @param contributions All that were revealed, right and wrong, sorted by worker; at most 16 with the unrevealed.
    /// @param unrevealed Sorted by worker, none of them among the contributions.
    /// @param result What the contributions agree on: at most one leaf of its digest (4 KiB).
    function certify(
        bytes32 taskId,
        bytes32 nonce,
        Contribution[] calldata contributions,
        Unrevealed[] calldata unrevealed,
        bytes calldata result
    ) external;

    /// @notice Gives a result again that the consumer did not take, with all the gas of the caller. By anybody.
    function deliver(bytes32 taskId, bytes calldata result) external;

    /// @notice Gives the price back after the deadline. By anybody.
    function refund(bytes32 taskId) external;

    /// @notice Reveals on chain, by anybody: for a worker whose pool will not hear it.
    function reveal(bytes32 taskKey, address worker, bytes32 digest, bytes32 salt) external;

    function hub() external view returns (IHub);
    function consumerOf(bytes32 taskId) external view returns (address);
}
