// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EdgeToken} from "../../../contracts/EdgeToken.sol";
import {Epochs} from "../../../contracts/Epochs.sol";
import {Hub} from "../../../contracts/Hub.sol";
import {IEpochs} from "../../../contracts/interfaces/IEpochs.sol";
import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {MerkleTree} from "../../../contracts/libraries/MerkleTree.sol";
import {Payout} from "../../../contracts/libraries/Payout.sol";
import {SumTree} from "../../../contracts/libraries/SumTree.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Test} from "./Vm.sol";

/// @dev Everybody who touches the money, doing what they may in any order: two requesters, the owners of an app and of a
/// dataset, a pool, two workers, a challenger. Calls that must fail are made too, and must fail. It stands in for Challenges, so that epochs are voided
/// without a lie to prove.
contract Actors is Test {
    address public constant POOL = address(0xa001);
    address public constant CHALLENGER = address(0xa002);
    address public constant APP_OWNER = address(0xd001);
    address public constant DATASET_OWNER = address(0xd002);
    address[2] public requesters = [address(0xb001), address(0xb002)];
    address[2] public workers = [address(0xc001), address(0xc002)];

    EdgeToken public immutable token;
    Hub public immutable hub;
    Epochs public immutable epochs;

    struct Posted {
        IEpochs.Epoch epoch;
        IHub.DealSummary[] deals;
        uint256[2] ledger;
        bool isVoided;
        bool isFinal;
        bool isReleased;
    }

    bytes32[] public dealIds;
    Posted[] private _posted;
    uint256[2] private _ledger;
    SumTree.Root private _previous;
    /// @notice By deal: what ever left it for owners, workers, pool or fire.
    mapping(bytes32 dealId => uint256) public paidWei;
    /// @notice By deal: what went back to its requester.
    mapping(bytes32 dealId => uint256) public refundedWei;
    /// @notice By owner: what its app or dataset earned.
    mapping(address owner => uint256) public assetsPaidWei;
    /// @notice By account: what it withdrew, less what it deposited again.
    mapping(address account => int256) public outWei;
    uint256 public slashedWei;
    uint256 public slashPaidWei;

    constructor() {
        token = new EdgeToken(address(this), 1e27);
        address epochsAt = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        hub = new Hub(token, epochsAt, address(0x7a5c5), 200, 300);
        epochs = new Epochs(hub, address(this), 100);
        for (uint256 i = 0; i < 2; i++) _fund(requesters[i], 1e26);
        _fund(POOL, 1e26);
        vm.prank(POOL);
        hub.registerPool(1000);
        vm.prank(POOL);
        hub.bond(5e25);
    }

    function pass(uint16 seconds_) external {
        vm.warp(block.timestamp + seconds_);
    }

    function withdraw(uint8 who, uint128 amount) external {
        address account = _anyone(who);
        uint256 amountWei = within(amount, 0, hub.freeWei(account));
        vm.prank(account);
        hub.withdraw(account, amountWei);
        outWei[account] += int256(amountWei);
        vm.prank(account);
        vm.expectPartialRevert(IHub.NotEnough.selector);
        hub.withdraw(account, 1e30);
    }

    function deposit(uint8 who, uint128 amount) external {
        address account = _anyone(who);
        uint256 amountWei = within(amount, 0, token.balanceOf(account));
        vm.prank(account);
        token.approve(address(hub), amountWei);
        vm.prank(account);
        hub.deposit(amountWei);
        outWei[account] -= int256(amountWei);
    }

    function bond(uint128 amount) external {
        uint256 amountWei = within(amount, 0, hub.freeWei(POOL));
        vm.prank(POOL);
        hub.bond(amountWei);
    }

    function unbond(uint128 amount) external {
        IHub.Pool memory pool = hub.poolOf(POOL);
        uint256 boundWei = 2 * pool.pendingWei;
        uint256 looseWei = pool.bondWei > boundWei ? pool.bondWei - boundWei : 0;
        vm.prank(POOL);
        vm.expectPartialRevert(IHub.BondTooLow.selector);
        hub.unbond(looseWei + 1);
        if (looseWei == 0) return;
        vm.prank(POOL);
        hub.unbond(within(amount, 0, looseWei));
    }

    function finishUnbonding() external {
        IHub.Pool memory pool = hub.poolOf(POOL);
        if (block.timestamp < pool.unbondsAt) vm.expectPartialRevert(IHub.UnbondingNotOver.selector);
        vm.prank(POOL);
        hub.finishUnbonding();
    }

    function openDeal(uint8 who, uint96 price, uint96 assets, uint8 tasks, uint16 seconds_) external {
        address requester = requesters[who % 2];
        uint256 freeWei = hub.freeWei(requester);
        uint256 count = within(tasks, 1, 50);
        if (freeWei / count < hub.MIN_PRICE_WEI()) return;
        // Low enough for several deals and epochs at once under one bond.
        uint256 priceWei = within(price, hub.MIN_PRICE_WEI(), Math.min(freeWei / count, 1e22));
        IHub.Order memory order = IHub.Order({
            pool: POOL,
            appHash: 0,
            jobHash: 0,
            law: IHub.Law.Pool,
            trust: 1,
            replicas: 1,
            tasks: uint32(count),
            pricePerTaskWei: uint128(priceWei),
            maxFeeBps: 1000,
            deadline: uint64(block.timestamp + 1 + seconds_),
            appOwner: address(0),
            appWei: 0,
            datasetOwner: address(0),
            datasetWei: 0
        });
        _addOwners(order, assets);
        bool isBorne = Payout.bears(priceWei, uint256(order.appWei) + order.datasetWei, 1000);
        if (!isBorne) vm.expectPartialRevert(IHub.PoolPartTooLow.selector);
        vm.prank(requester);
        if (!isBorne) {
            hub.openDeal(order);
            return;
        }
        dealIds.push(hub.openDeal(order));
    }

    function closeDeal(uint256 which, bool byPool) external {
        if (dealIds.length == 0) return;
        bytes32 dealId = dealIds[which % dealIds.length];
        IHub.Deal memory deal = hub.dealOf(dealId);
        bool isEarly = byPool ? deal.pendingTasks > 0 : block.timestamp < uint256(deal.deadline) + 300;
        if (deal.closed) vm.expectPartialRevert(IHub.DealIsClosed.selector);
        else if (isEarly)
            vm.expectPartialRevert(byPool ? IHub.DealPending.selector : IHub.DealNotOver.selector);
        vm.prank(
            byPool
                ? POOL
                : which % 2 == 0
                    ? deal.requester
                    : deal.payer
        );
        hub.closeDeal(dealId);
        if (!deal.closed && !isEarly)
            refundedWei[dealId] +=
                uint256(deal.tasks - deal.settledTasks - deal.pendingTasks) * deal.pricePerTaskWei;
    }

    /// @dev An epoch of one deal, of as many tasks as there are or fewer, split between the workers and the fire at will.
    function post(uint256 which, uint8 tasks, uint8 remainder, uint256 forfeit, uint256 split) external {
        if (dealIds.length == 0) return;
        bytes32 dealId = dealIds[which % dealIds.length];
        IHub.Deal memory deal = hub.dealOf(dealId);
        uint256 left = deal.tasks - deal.settledTasks - deal.pendingTasks;
        if (deal.closed || left == 0 || _pendingEpochs() == epochs.MAX_PENDING()) return;
        uint32 count = uint32(within(tasks, 1, left));
        IHub.Pool memory pool = hub.poolOf(POOL);
        if (pool.bondWei < 2 * (uint256(pool.pendingWei) + uint256(count) * deal.pricePerTaskWei)) return;

        IHub.DealSummary[] memory deals = new IHub.DealSummary[](1);
        deals[0] = _summary(dealId, deal, count, remainder, forfeit);
        uint256 rewardsWei =
            uint256(count) * _poolPartOf(deal) -
                deals[0].poolWei -
                Payout.burned(deal.pricePerTaskWei) * count;
        uint256 firstWei = within(split, 0, deals[0].workersWei);
        Posted storage posted = _posted.push();
        posted.deals.push(deals[0]);
        posted.ledger[0] = SumTree.add(_ledger[0], SumTree.pack(firstWei, count, 0));
        posted.ledger[1] = SumTree.add(_ledger[1], SumTree.pack(deals[0].workersWei - firstWei, count, 0));
        IEpochs.Roots memory roots = IEpochs.Roots({
            dataHash: 0,
            tasks: MerkleTree.Root(bytes32(uint256(1)), count),
            rewards: SumTree.Root(bytes32(uint256(2)), SumTree.pack(rewardsWei, 2 * count, 0), 2 * count),
            commits: MerkleTree.Root(bytes32(uint256(3)), 1),
            ledger: _ledgerRoot(posted.ledger)
        });
        vm.prank(POOL);
        uint64 number = epochs.post(roots, _previous, deals);
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
    }

    function finalise(uint256 which) external {
        if (_posted.length == 0) return;
        Posted storage posted = _posted[which % _posted.length];
        bool isNext = which % _posted.length == _firstPending();
        if (posted.isVoided || posted.isFinal) vm.expectPartialRevert(IEpochs.EpochUnknown.selector);
        else if (block.timestamp < posted.epoch.postedAt + 100)
            vm.expectPartialRevert(IEpochs.WindowOpen.selector);
        else if (!isNext) vm.expectPartialRevert(IEpochs.OutOfOrder.selector);
        else {
            posted.isFinal = true;
            IHub.DealSummary memory summary = posted.deals[0];
            IHub.Deal memory deal = hub.dealOf(summary.dealId);
            uint256 appWei = uint256(summary.tasks) * deal.appWei;
            uint256 datasetWei = uint256(summary.tasks) * deal.datasetWei;
            paidWei[summary.dealId] += uint256(summary.workersWei) + summary.poolWei + summary.burnedWei;
            paidWei[summary.dealId] += appWei + datasetWei;
            assetsPaidWei[APP_OWNER] += appWei;
            assetsPaidWei[DATASET_OWNER] += datasetWei;
        }
        epochs.finalise(posted.epoch, posted.deals);
    }

    /// @dev Credited twice: the second time nothing may move.
    function credit(uint256 which, bool both, bool second) external {
        if (_posted.length == 0) return;
        Posted storage posted = _posted[which % _posted.length];
        if (!posted.isFinal) return;
        IEpochs.RangeProof memory claims = _claims(posted.ledger, both, second);
        epochs.creditMany(posted.epoch, claims);
        uint256 beforeWei = hub.freeWei(workers[0]) + hub.freeWei(workers[1]);
        epochs.creditMany(posted.epoch, claims);
        vm.assertEq(hub.freeWei(workers[0]) + hub.freeWei(workers[1]), beforeWei);
    }

    function void(uint256 which) external {
        // Seldom, or nothing would ever become final.
        if (_posted.length == 0 || which % 5 != 0) return;
        uint256 from = (which / 5) % _posted.length;
        Posted storage posted = _posted[from];
        if (posted.isVoided || posted.isFinal) return;
        IHub.Pool memory pool = hub.poolOf(POOL);
        uint256 supplyWei = token.totalSupply();
        uint256 challengerWei = hub.freeWei(CHALLENGER);
        epochs.void(posted.epoch, CHALLENGER);
        IHub.Pool memory slashed = hub.poolOf(POOL);
        slashedWei += uint256(pool.bondWei) + pool.unbondingWei - slashed.bondWei - slashed.unbondingWei;
        slashPaidWei += hub.freeWei(CHALLENGER) - challengerWei + supplyWei - token.totalSupply();
        for (uint256 i = from; i < _posted.length; i++) _posted[i].isVoided = true;
        _previous = posted.epoch.previous;
        if (from == 0) delete _ledger;
        // The ledger is that of the last epoch before which is not void.
        for (uint256 i = from; i > 0; i--) {
            if (_posted[i - 1].isVoided) {
                if (i == 1) delete _ledger;
                continue;
            }
            _ledger = _posted[i - 1].ledger;
            break;
        }
    }

    function release(uint256 which) external {
        if (_posted.length == 0) return;
        Posted storage posted = _posted[which % _posted.length];
        IHub.DealSummary memory summary = posted.deals[0];
        IHub.Deal memory deal = hub.dealOf(summary.dealId);
        if (!posted.isVoided || posted.isReleased) vm.expectPartialRevert(IEpochs.EpochUnknown.selector);
        else {
            posted.isReleased = true;
            if (deal.closed) refundedWei[summary.dealId] += uint256(summary.tasks) * deal.pricePerTaskWei;
        }
        epochs.release(posted.epoch, posted.deals);
    }

    function dealCount() external view returns (uint256) {
        return dealIds.length;
    }

    function accounts() public view returns (address[8] memory) {
        return
            [
                POOL,
                CHALLENGER,
                requesters[0],
                requesters[1],
                workers[0],
                workers[1],
                APP_OWNER,
                DATASET_OWNER
            ];
    }

    function _anyone(uint8 who) private view returns (address) {
        return accounts()[who % 8];
    }

    function _fund(address account, uint256 amountWei) private {
        token.transfer(account, amountWei);
        vm.prank(account);
        token.approve(address(hub), amountWei);
        vm.prank(account);
        hub.deposit(amountWei);
    }

    function _summary(
        bytes32 dealId,
        IHub.Deal memory deal,
        uint32 tasks,
        uint8 remainder,
        uint256 forfeit
    ) private pure returns (IHub.DealSummary memory) {
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

    /// @dev Of four deals one costs no assets; of the others the dataset's part is a third, the app's the rest.
    function _addOwners(IHub.Order memory order, uint96 assets) private view {
        uint256 mostWei = order.pricePerTaskWei - hub.MIN_PRICE_WEI();
        uint96 assetsWei = assets % 4 == 0 ? 0 : uint96(within(assets, 0, mostWei));
        order.datasetWei = assetsWei / 3;
        order.appWei = assetsWei - order.datasetWei;
        if (order.datasetWei > 0) order.datasetOwner = DATASET_OWNER;
        if (order.appWei > 0) order.appOwner = APP_OWNER;
    }

    function _poolPartOf(IHub.Deal memory deal) private pure returns (uint256) {
        return deal.pricePerTaskWei - deal.appWei - deal.datasetWei;
    }

    function _pendingEpochs() private view returns (uint256 count) {
        for (uint256 i = 0; i < _posted.length; i++) if (!_posted[i].isVoided && !_posted[i].isFinal) count++;
    }

    function _firstPending() private view returns (uint256 i) {
        while (i < _posted.length && (_posted[i].isVoided || _posted[i].isFinal)) i++;
    }

    function _node(uint256[2] storage ledger, uint256 i) private view returns (SumTree.Node memory) {
        return SumTree.Node(MerkleTree.leafHash(abi.encodePacked(workers[i], ledger[i])), ledger[i]);
    }

    function _ledgerRoot(uint256[2] storage ledger) private view returns (SumTree.Root memory) {
        SumTree.Node memory root = SumTree.node(_node(ledger, 0), _node(ledger, 1));
        return SumTree.Root(root.hash, root.sum, 2);
    }

    function _claims(
        uint256[2] storage ledger,
        bool both,
        bool second
    ) private view returns (IEpochs.RangeProof memory claims) {
        uint256 first = !both && second ? 1 : 0;
        claims.first = uint32(first);
        claims.leaves = new IEpochs.Leaf[](both ? 2 : 1);
        for (uint256 i = 0; i < claims.leaves.length; i++)
            claims.leaves[i] = IEpochs.Leaf(workers[first + i], 0, ledger[first + i]);
        claims.path = new SumTree.Node[](both ? 0 : 1);
        if (!both) claims.path[0] = _node(ledger, 1 - first);
    }
}
