// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHub} from "../interfaces/IHub.sol";
import {Payout} from "../libraries/Payout.sol";
import {PocoMath} from "../libraries/PocoMath.sol";
import {Deals} from "./Deals.sol";

/// @title Tasks that are settled alone, at once: those that contracts ask for.
abstract contract SoloTasks is Deals {
    /// @dev To be burned; a task that is settled alone does not pay for a burn of its own.
    uint256 private _burnableWei;

    /// @inheritdoc IHub
    function openTask(address payer, Order calldata order) external onlyTasks returns (bytes32 dealId) {
        if (order.tasks != 1) revert OrderInvalid("tasks");
        dealId = _openNow(payer, payer, order);
        // Set aside from the start: no epoch can have it, and closing the deal gives nothing back.
        _deals[dealId].pendingTasks = 1;
    }

    /// @inheritdoc IHub
    function settleTask(
        bytes32 dealId,
        address pool,
        bytes32 digest,
        address[] calldata workers,
        bytes calldata groups
    ) external onlyTasks {
        Deal storage deal = _deals[dealId];
        if (deal.pool != pool) revert DealOfOtherPool(dealId, deal.pool, pool);
        if (deal.pendingTasks != 1) revert DealExhausted(dealId, deal.pendingTasks, 1);
        if (block.timestamp >= deal.deadline) revert DealIsOver(dealId, deal.deadline);
        deal.pendingTasks = 0;
        deal.settledTasks = 1;
        uint256[] memory rewardsWei = _sharesOf(deal, workers, groups);
        uint256 priceWei = deal.pricePerTaskWei;
        uint256 assetsWei = deal.payees ? uint256(deal.appWei) + deal.datasetWei : 0;
        uint256 burnedWei = Payout.burned(priceWei);
        uint256 poolWei = priceWei - assetsWei - burnedWei;
        poolWei -= _payWorkers(
            dealId,
            poolWei - Payout.fee(priceWei - assetsWei, deal.feeBps),
            workers,
            rewardsWei
        );
        emit TaskSettled(dealId, digest, workers, rewardsWei, poolWei, burnedWei);
        _give(pool, poolWei);
        if (assetsWei > 0) _payOwners(dealId, deal, 1);
        _burnableWei += burnedWei;
    }

    /// @inheritdoc IHub
    function refundTask(bytes32 dealId) external onlyTasks {
        Deal storage deal = _deals[dealId];
        if (deal.pendingTasks != 1) revert DealExhausted(dealId, deal.pendingTasks, 1);
        if (block.timestamp < deal.deadline) revert DealNotOver(dealId, deal.deadline);
        deal.pendingTasks = 0;
        deal.closed = true;
        _refund(dealId, deal.payer, deal.pricePerTaskWei);
    }

    /// @inheritdoc IHub
    function burnSettled() external {
        uint256 amountWei = _burnableWei;
        // One wei stays: a word that is never empty is four times as cheap to add to.
        if (amountWei < 2) return;
        _burnableWei = 1;
        _token.burn(amountWei - 1);
    }

    /// @inheritdoc IHub
    function burnableWei() external view returns (uint256) {
        return _burnableWei;
    }

    /// @return shares Of those who are right, 0 for the others.
    function _sharesOf(
        Deal storage deal,
        address[] calldata workers,
        bytes calldata groups
    ) private view returns (uint256[] memory shares) {
        shares = new uint256[](workers.length);
        // By group: the digest, and at most as many others as there are contributions.
        uint256[17] memory products;
        uint256 agreeing = 0;
        uint256 total = 1;
        // Sixteen weights below 2^14, as PocoMath has them: nothing here can overflow.
        unchecked {
            for (uint256 i = 0; i < groups.length; i++) {
                uint256 group = uint8(groups[i]);
                uint256 weight = PocoMath.weight(_accounts[workers[i]].score);
                uint256 product = products[group];
                products[group] = product == 0 ? weight : product * weight;
                total += products[group] - product;
                if (group > 0) continue;
                agreeing++;
                shares[i] = PocoMath.shareOf(weight);
            }
        }
        if (agreeing == 0 || agreeing < deal.replicas || !PocoMath.certified(products[0], total, deal.trust))
            revert NotCertified(agreeing);
    }

    /// @dev By share, rounded down. What nobody else contributed to proves nothing: it is paid, and earns no score.
    /// @param shares Overwritten with what each is paid.
    function _payWorkers(
        bytes32 dealId,
        uint256 workersWei,
        address[] calldata workers,
        uint256[] memory shares
    ) private returns (uint256 paidWei) {
        uint256 all = 0;
        for (uint256 i = 0; i < shares.length; i++) all += shares[i];
        for (uint256 i = 0; i < shares.length; i++) {
            Account memory account = _accounts[workers[i]];
            if (shares[i] == 0) {
                account.score = uint32(PocoMath.scoreAfter(account.score, 0, 1));
                emit Faulted(dealId, workers[i], account.score);
            } else {
                uint256 rewardWei = Payout.reward(workersWei, shares[i], all);
                shares[i] = rewardWei;
                paidWei += rewardWei;
                account.freeWei += uint128(rewardWei);
                if (shares.length > 1) account.score = uint32(PocoMath.scoreAfter(account.score, 1, 0));
            }
            _accounts[workers[i]] = account;
        }
    }
}
