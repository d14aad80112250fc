// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EdgeToken} from "../../../contracts/EdgeToken.sol";
import {Epochs} from "../../../contracts/Epochs.sol";
import {Hub} from "../../../contracts/Hub.sol";
import {Withdrawals} from "../../../contracts/Withdrawals.sol";
import {IEpochs} from "../../../contracts/interfaces/IEpochs.sol";
import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {MerkleTree} from "../../../contracts/libraries/MerkleTree.sol";
import {Payout} from "../../../contracts/libraries/Payout.sol";
import {SumTree} from "../../../contracts/libraries/SumTree.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Test} from "./Vm.sol";

/// @dev A Hub and its Epochs, and a pool's epochs of one deal and two workers each. It stands in for the Market, and for
/// Challenges, so that epochs are voided without a lie to prove.
abstract contract Posting is Test {
    address public constant POOL = address(0xa001);
    address public constant APP_OWNER = address(0xd001);
    address public constant DATASET_OWNER = address(0xd002);
    address[2] public workers = [address(0xc001), address(0xc002)];

    EdgeToken public immutable token;
    Hub public immutable hub;
    Epochs public immutable epochs;
    Withdrawals public immutable withdrawals;

    struct Posted {
        IEpochs.Epoch epoch;
        IHub.DealSummary[] deals;
        uint256[2] ledger;
        bool isVoided;
        bool isFinal;
        bool isReleased;
    }

    Posted[] internal _posted;
    uint256[2] internal _ledger;
    SumTree.Root internal _previous;

    constructor() {
        token = new EdgeToken(address(this), 1e27);
        address epochsAt = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        address withdrawalsAt = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 2);
        hub = new Hub(
            token,
            IHub.Peers(epochsAt, address(0x7a5c5), address(this), address(0x57a), withdrawalsAt),
            200,
            300
        );
        epochs = new Epochs(hub, address(this), 100);
        withdrawals = new Withdrawals(hub);
    }

    /// @return Whether the bond covers it.
    function _post(
        bytes32 dealId,
        IHub.Deal memory deal,
        uint32 count,
        uint8 remainder,
        uint256 forfeit,
        uint256 split,
        IHub.LazyDeal[] memory lazy
    ) internal returns (bool) {
        IHub.Pool memory pool = hub.poolOf(POOL);
        if (pool.bondWei < 2 * (uint256(pool.pendingWei) + uint256(count) * deal.pricePerTaskWei))
            return false;

        IHub.DealSummary[] memory deals = new IHub.DealSummary[](1);
        deals[0] = _summary(dealId, deal, count, remainder, forfeit);
        Posted storage posted = _posted.push();
        posted.deals.push(deals[0]);
        uint256 firstWei = within(split, 0, deals[0].workersWei);
        posted.ledger[0] = SumTree.add(_ledger[0], SumTree.pack(firstWei, count, 0));
        posted.ledger[1] = SumTree.add(_ledger[1], SumTree.pack(deals[0].workersWei - firstWei, count, 0));
        IEpochs.Roots memory roots = _roots(deal, deals[0], posted.ledger);
        vm.prank(POOL);
        uint64 number = epochs.post(roots, _previous, deals, lazy);
        posted.epoch = IEpochs.Epoch({
            pool: POOL,
            number: number,
            postedAt: uint64(block.timestamp),
            valueWei: uint128(uint256(count) * deal.pricePerTaskWei),
            dealsHash: keccak256(abi.encode(deals)),
            previous: _previous,
            roots: roots
        });
        _ledger = posted.ledger;
        _previous = roots.ledger;
        return true;
    }

    function _roots(
        IHub.Deal memory deal,
        IHub.DealSummary memory summary,
        uint256[2] storage ledger
    ) internal view returns (IEpochs.Roots memory) {
        uint32 count = summary.tasks;
        uint256 burnedWei = Payout.burned(deal.pricePerTaskWei) * count;
        uint256 rewardsWei = uint256(count) * _poolPartOf(deal) - summary.poolWei - burnedWei;
        return
            IEpochs.Roots({
                dataHash: 0,
                tasks: MerkleTree.Root(bytes32(uint256(1)), count),
                rewards: SumTree.Root(bytes32(uint256(2)), SumTree.pack(rewardsWei, 2 * count, 0), 2 * count),
                commits: MerkleTree.Root(bytes32(uint256(3)), 1),
                ledger: _ledgerRoot(ledger)
            });
    }

    function _summary(
        bytes32 dealId,
        IHub.Deal memory deal,
        uint32 tasks,
        uint8 remainder,
        uint256 forfeit
    ) internal pure returns (IHub.DealSummary memory) {
        uint256 valueWei = uint256(tasks) * _poolPartOf(deal);
        uint256 poolWei = tasks * Payout.fee(_poolPartOf(deal), deal.feeBps);
        // What rounding leaves of the workers' part, which may be less than the most there is.
        uint256 workersWei = Payout.workers(
            deal.pricePerTaskWei,
            uint256(deal.appWei) + deal.datasetWei,
            deal.feeBps
        );
        poolWei += tasks * Math.min(remainder % 209, workersWei);
        uint256 burnedWei = tasks * Payout.burned(deal.pricePerTaskWei);
        uint256 forfeitedWei = within(forfeit, 0, valueWei - poolWei - burnedWei);
        return
            IHub.DealSummary({
                dealId: dealId,
                tasks: tasks,
                workersWei: uint128(valueWei - poolWei - burnedWei - forfeitedWei),
                poolWei: uint128(poolWei),
                burnedWei: uint128(burnedWei + forfeitedWei)
            });
    }

    function _pendingEpochs() internal view returns (uint256 count) {
        for (uint256 i = 0; i < _posted.length; i++) if (!_posted[i].isVoided && !_posted[i].isFinal) count++;
    }

    function _firstPending() internal view returns (uint256 i) {
        while (i < _posted.length && (_posted[i].isVoided || _posted[i].isFinal)) i++;
    }

    function _poolPartOf(IHub.Deal memory deal) internal pure returns (uint256) {
        return deal.pricePerTaskWei - deal.appWei - deal.datasetWei;
    }

    function _node(uint256[2] storage ledger, uint256 i) internal view returns (SumTree.Node memory) {
        return SumTree.Node(MerkleTree.leafHash(abi.encodePacked(workers[i], ledger[i])), ledger[i]);
    }

    function _ledgerRoot(uint256[2] storage ledger) internal view returns (SumTree.Root memory) {
        SumTree.Node memory root = SumTree.node(_node(ledger, 0), _node(ledger, 1));
        return SumTree.Root(root.hash, root.sum, 2);
    }

    function _claims(
        uint256[2] storage ledger,
        bool both,
        bool second
    ) internal view returns (IEpochs.RangeProof memory claims) {
        uint256 first = !both && second ? 1 : 0;
        claims.first = uint32(first);
        claims.leaves = new IEpochs.Leaf[](both ? 2 : 1);
        for (uint256 i = 0; i < claims.leaves.length; i++)
            claims.leaves[i] = IEpochs.Leaf(workers[first + i], 0, ledger[first + i]);
        claims.path = new SumTree.Node[](both ? 0 : 1);
        if (!both) claims.path[0] = _node(ledger, 1 - first);
    }

    /// @dev Of four deals one costs no assets; of the others the dataset's part is a third, the app's the rest.
    function _addOwners(IHub.Order memory order, uint96 assets) internal view {
        uint256 mostWei = order.pricePerTaskWei - hub.MIN_PRICE_WEI();
        uint96 assetsWei = assets % 4 == 0 ? 0 : uint96(within(assets, 0, mostWei));
        order.datasetWei = assetsWei / 3;
        order.appWei = assetsWei - order.datasetWei;
        if (order.datasetWei > 0) order.datasetOwner = DATASET_OWNER;
        if (order.appWei > 0) order.appOwner = APP_OWNER;
    }

    function _order(
        uint256 priceWei,
        uint96 assets,
        uint256 tasks,
        uint16 seconds_
    ) internal view returns (IHub.Order memory order) {
        order.pool = POOL;
        order.law = IHub.Law.Pool;
        order.trust = 1;
        order.replicas = 1;
        order.tasks = uint32(tasks);
        order.pricePerTaskWei = uint128(priceWei);
        order.maxFeeBps = 1000;
        order.deadline = uint64(block.timestamp + 1 + seconds_);
        _addOwners(order, assets);
    }

    function _isBorne(IHub.Order memory order) internal pure returns (bool) {
        return Payout.bears(order.pricePerTaskWei, uint256(order.appWei) + order.datasetWei, 1000);
    }

    function _signature(uint256 key, bytes32 hash) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
        return abi.encodePacked(r, s, v);
    }
}
