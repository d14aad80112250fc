// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {EdgeToken} from "./EdgeToken.sol";
import {Balances} from "./hub/Balances.sol";
import {Deals} from "./hub/Deals.sol";
import {Pools} from "./hub/Pools.sol";
import {SoloTasks} from "./hub/SoloTasks.sol";
import {IHub} from "./interfaces/IHub.sol";
import {Payout} from "./libraries/Payout.sol";
import {PocoMath} from "./libraries/PocoMath.sol";
import {SumTree} from "./libraries/SumTree.sol";

/// @title Where the money is.
/// @dev Only Epochs and Tasks can move what is locked, and only along the paths below. Who is charged: the caller of `openDeal`,
/// whom the Market or Tasks has seen agree, or the budget of who signed a lazy order. One contract in four files: balances and
/// who may move them, pools and bonds, deals, tasks that are settled alone; here is what epochs do.
///
///   free ──openDeal──▶ locked ──reserve──▶ pending ──settle──▶ pool's, app's and dataset's free, claimable by workers, burned
///    ▲  ▲                 │  ▲                │                              │
///    │  └────closeDeal────┘  └────release─────┘                              │
///    └──────────────────────────────credit───────────────────────────────────┘
///   free ──openTask──▶ pending ──settleTask──▶ everybody's free, to be burned
///    └───────refundTask───┘
contract Hub is SoloTasks, Multicall {
    using SafeCast for uint256;

    mapping(address pool => mapping(address worker => uint256 sum)) private _credited;

    /// @param token_ The token everything here is paid in.
    /// @param peers The contracts that may call what is theirs; their addresses are known before they are deployed.
    constructor(
        EdgeToken token_,
        Peers memory peers,
        uint64 unbondSeconds_,
        uint64 closeSeconds_
    ) Balances(token_, peers) Pools(unbondSeconds_) Deals(closeSeconds_) {}

    /// @inheritdoc IHub
    function reserve(
        address pool,
        DealSummary[] calldata deals
    ) external onlyEpochs returns (uint256 valueWei, uint256 rewardsWei, uint256 workersWei) {
        for (uint256 i = 0; i < deals.length; i++) {
            DealSummary calldata summary = deals[i];
            if (i > 0 && deals[i - 1].dealId >= summary.dealId)
                revert SummariesUnsorted(deals[i - 1].dealId, summary.dealId);
            (uint256 priceWei, uint256 dealRewardsWei) = _reserve(pool, summary);
            valueWei += priceWei;
            rewardsWei += dealRewardsWei;
            workersWei += summary.workersWei;
        }
        Pool storage state = _pools[pool];
        state.pendingWei += valueWei.toUint128();
        uint256 neededWei = BOND_FACTOR * state.pendingWei;
        if (state.bondWei < neededWei) revert BondTooLow(pool, state.bondWei, neededWei);
    }

    /// @inheritdoc IHub
    function settle(address pool, DealSummary[] calldata deals, uint256 valueWei) external onlyEpochs {
        uint256 poolWei = 0;
        uint256 workersWei = 0;
        uint256 burnedWei = 0;
        for (uint256 i = 0; i < deals.length; i++) {
            DealSummary calldata summary = deals[i];
            Deal storage deal = _deals[summary.dealId];
            deal.pendingTasks -= summary.tasks;
            deal.settledTasks += summary.tasks;
            if (deal.payees) _payOwners(summary.dealId, deal, summary.tasks);
            poolWei += summary.poolWei;
            workersWei += summary.workersWei;
            burnedWei += summary.burnedWei;
            emit DealSettled(
                summary.dealId,
                summary.tasks,
                summary.workersWei,
                summary.poolWei,
                summary.burnedWei
            );
        }
        Pool storage state = _pools[pool];
        state.pendingWei -= valueWei.toUint128();
        state.claimableWei += workersWei.toUint128();
        _give(pool, poolWei);
        _token.burn(burnedWei);
    }

    /// @inheritdoc IHub
    function release(address pool, DealSummary[] calldata deals, uint256 valueWei) external onlyEpochs {
        _pools[pool].pendingWei -= valueWei.toUint128();
        for (uint256 i = 0; i < deals.length; i++) {
            DealSummary calldata summary = deals[i];
            Deal storage deal = _deals[summary.dealId];
            deal.pendingTasks -= summary.tasks;
            emit DealReleased(summary.dealId, summary.tasks);
            // Nobody can post for a closed deal again: what was kept back for this epoch is the payer's.
            if (deal.closed)
                _refund(summary.dealId, deal.payer, uint256(summary.tasks) * deal.pricePerTaskWei);
        }
    }

    /// @inheritdoc IHub
    function credit(address pool, Claim[] calldata claims) external onlyEpochs {
        uint256 totalWei = 0;
        for (uint256 i = 0; i < claims.length; i++)
            totalWei += _credit(pool, claims[i].worker, claims[i].sum);
        Pool storage state = _pools[pool];
        if (state.claimableWei < totalWei) revert ClaimExceedsPool(pool, state.claimableWei, totalWei);
        state.claimableWei -= totalWei.toUint128();
    }

    /// @inheritdoc IHub
    function creditedOf(address pool, address worker) external view returns (uint256) {
        return _credited[pool][worker];
    }

    function _credit(address pool, address worker, uint256 sum) private returns (uint256 rewardWei) {
        uint256 before = _credited[pool][worker];
        (uint256 toWei, uint256 toGood, uint256 toBad) = SumTree.unpack(sum);
        (uint256 fromWei, uint256 fromGood, uint256 fromBad) = SumTree.unpack(before);
        // A cumulative claim of an earlier epoch, or the same again.
        if (sum == before || toWei < fromWei || toGood < fromGood || toBad < fromBad) return 0;
        _credited[pool][worker] = sum;
        rewardWei = toWei - fromWei;
        Account storage account = _accounts[worker];
        account.freeWei += rewardWei.toUint128();
        account.score = PocoMath.scoreAfter(account.score, toGood - fromGood, toBad - fromBad).toUint32();
        emit Credited(pool, worker, rewardWei, account.score);
    }

    /// @dev Everything about one deal's split that does not need the tasks themselves is checked here, before any window:
    /// it balances to the wei, burns enough, and leaves the pool its fee and nothing more than rounding.
    function _reserve(
        address pool,
        DealSummary calldata summary
    ) private returns (uint256 priceWei, uint256 rewardsWei) {
        Deal storage deal = _deals[summary.dealId];
        if (deal.pool != pool) revert DealOfOtherPool(summary.dealId, deal.pool, pool);
        if (deal.closed) revert DealIsClosed(summary.dealId);
        uint256 leftTasks = deal.tasks - deal.settledTasks - deal.pendingTasks;
        if (summary.tasks == 0 || summary.tasks > leftTasks)
            revert DealExhausted(summary.dealId, leftTasks, summary.tasks);

        uint256 taskWei = deal.pricePerTaskWei;
        uint256 poolPartWei = deal.payees ? taskWei - deal.appWei - deal.datasetWei : taskWei;
        uint256 burnedWei = Payout.burned(taskWei) * summary.tasks;
        _checkSummary(
            summary,
            poolPartWei * summary.tasks,
            Payout.fee(poolPartWei, deal.feeBps) * summary.tasks,
            burnedWei
        );

        deal.pendingTasks += summary.tasks;
        priceWei = taskWei * summary.tasks;
        rewardsWei = poolPartWei * summary.tasks - summary.poolWei - burnedWei;
        emit DealReserved(summary.dealId, summary.tasks);
    }

    function _checkSummary(
        DealSummary calldata summary,
        uint256 poolPartWei,
        uint256 feeWei,
        uint256 burnedWei
    ) private pure {
        uint256 splitWei = uint256(summary.workersWei) + summary.poolWei + summary.burnedWei;
        if (splitWei != poolPartWei) revert SummaryUnbalanced(summary.dealId, poolPartWei, splitWei);
        if (summary.poolWei < feeWei || summary.poolWei > feeWei + Payout.MAX_REMAINDER_WEI * summary.tasks)
            revert SummaryFeeWrong(summary.dealId, feeWei, summary.poolWei);
        if (summary.burnedWei < burnedWei)
            revert SummaryBurnTooLow(summary.dealId, burnedWei, summary.burnedWei);
    }
}
