// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EdgeToken} from "../../../contracts/EdgeToken.sol";
import {Hub} from "../../../contracts/Hub.sol";
import {Stakes} from "../../../contracts/Stakes.sol";
import {Tasks} from "../../../contracts/Tasks.sol";
import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {IStakes} from "../../../contracts/interfaces/IStakes.sol";
import {ITasks} from "../../../contracts/interfaces/ITasks.sol";
import {Commit} from "../../../contracts/libraries/Commit.sol";
import {Digest} from "../../../contracts/libraries/Digest.sol";
import {MerkleTree} from "../../../contracts/libraries/MerkleTree.sol";
import {Test} from "./Vm.sol";

/// @dev Token, Hub and Tasks, a pool, and eight workers whose keys sign what they commit to. The test itself stands in for
/// Epochs, and has the tokens.
abstract contract TaskWorld is Test {
    address internal constant POOL = address(0xa001);
    uint256 internal constant PRICE = 1e18;
    bytes32 internal constant NONCE = keccak256("nonce");
    uint64 internal constant UNBOND = 1000;

    EdgeToken internal _token;
    Hub internal _hub;
    Tasks internal _tasks;
    Stakes internal _stakes;
    /// @dev By ascending address, as contributions are sorted.
    uint256[8] internal _keys;
    address[8] internal _workers;

    function _build() internal {
        _token = new EdgeToken(address(this), 1e27);
        address tasksAt = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        address stakesAt = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 2);
        _hub = new Hub(
            _token,
            IHub.Peers(address(this), tasksAt, address(0x3a7), stakesAt, address(0x3d1)),
            UNBOND,
            300
        );
        _tasks = new Tasks(_hub);
        _stakes = new Stakes(_hub);
        vm.prank(POOL);
        _hub.registerPool(1000);
        for (uint256 i = 0; i < 8; i++) {
            uint256 key = uint256(keccak256(abi.encode("worker", i)));
            address worker = vm.addr(key);
            uint256 place = i;
            for (; place > 0 && _workers[place - 1] > worker; place--)
                (_workers[place], _keys[place]) = (_workers[place - 1], _keys[place - 1]);
            (_workers[place], _keys[place]) = (worker, key);
        }
    }

    function _fund(address account, uint256 amountWei) internal {
        _token.transfer(account, amountWei);
        vm.prank(account);
        _token.approve(address(_hub), amountWei);
        vm.prank(account);
        _hub.deposit(amountWei);
    }

    function _stake(uint256 worker, uint256 units) internal {
        _fund(_workers[worker], units * 1e15);
        vm.prank(_workers[worker]);
        _stakes.stake(uint96(units * 1e15));
    }

    function _usual() internal view returns (ITasks.Request memory request) {
        request.pool = POOL;
        request.trust = 2;
        request.replicas = 2;
        request.priceWei = uint128(PRICE);
        request.maxFeeBps = 1000;
        request.deadline = uint64(block.timestamp + 500);
        request.itemBytes = 1;
        request.spec = "{}";
    }

    function _contribution(
        bytes32 taskId,
        uint256 worker,
        bytes32 digest
    ) internal view returns (ITasks.Contribution memory made) {
        made.worker = _workers[worker];
        made.digest = digest;
        made.salt = keccak256(abi.encode("salt", worker));
        made.count = 1;
        bytes32 root = MerkleTree.leafHash(abi.encodePacked(_commitment(taskId, worker, digest)));
        _sign(made, worker, root);
    }

    function _sign(ITasks.Contribution memory made, uint256 worker, bytes32 root) internal view {
        bytes32 domain = Commit.domainSeparator(address(_hub));
        bytes32 hash = Commit.batchHash(domain, POOL, made.worker, made.sequence, root, made.count);
        (made.r, made.vs) = _compact(_keys[worker], hash);
    }

    function _commitment(bytes32 taskId, uint256 worker, bytes32 digest) internal view returns (bytes32) {
        bytes32 key = Commit.taskKey(taskId, 0, NONCE);
        return Commit.commitment(key, _workers[worker], digest, keccak256(abi.encode("salt", worker)));
    }

    function _pledge(
        bytes32 taskId,
        uint256 worker,
        bytes32 digest,
        uint64 revealBy
    ) internal view returns (ITasks.Unrevealed memory pledge) {
        pledge.worker = _workers[worker];
        pledge.commitment = _commitment(taskId, worker, digest);
        pledge.revealBy = revealBy;
        bytes32 hash = Commit.acceptanceHash(
            Commit.domainSeparator(address(_hub)),
            POOL,
            pledge.worker,
            Commit.taskKey(taskId, 0, NONCE),
            pledge.commitment,
            revealBy
        );
        (pledge.r, pledge.vs) = _compact(_keys[worker], hash);
    }

    function _compact(uint256 key, bytes32 hash) private pure returns (bytes32 r, bytes32 vs) {
        uint8 v;
        bytes32 s;
        (v, r, s) = vm.sign(key, hash);
        vs = bytes32(uint256(s) | (uint256(v - 27) << 255));
    }

    /// @dev Of one byte, as `_usual` asks for.
    function digestOf(bytes calldata result) external pure returns (bytes32) {
        return Digest.ofLeaf(result, 1);
    }

    function _votes(
        bytes32 taskId,
        uint256 right,
        uint256 wrong,
        bytes memory result
    ) internal view returns (ITasks.Contribution[] memory list) {
        bytes32 digest = this.digestOf(result);
        list = new ITasks.Contribution[](right + wrong);
        for (uint256 i = 0; i < right + wrong; i++)
            list[i] = _contribution(taskId, i, i < right ? digest : keccak256("wrong"));
    }

    function _certify(
        bytes32 taskId,
        ITasks.Contribution[] memory contributions,
        ITasks.Unrevealed[] memory unrevealed,
        bytes memory result
    ) internal {
        vm.prank(POOL);
        _tasks.certify(taskId, NONCE, contributions, unrevealed, result);
    }

    function _none() internal pure returns (ITasks.Unrevealed[] memory) {
        return new ITasks.Unrevealed[](0);
    }

    /// @dev What the Hub owes to those whom these tests know.
    function _owedWei(address requester) internal view returns (uint256 owedWei) {
        owedWei = _hub.freeWei(requester) + _hub.freeWei(POOL) + _hub.burnableWei() + _stakes.lostWei();
        for (uint256 i = 0; i < 8; i++) {
            IStakes.Stake memory own = _stakes.stakeOf(_workers[i]);
            owedWei += _hub.freeWei(_workers[i]) + own.stakedWei + own.leavingWei;
        }
    }
}
