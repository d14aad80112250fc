// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {Actors} from "./Actors.sol";
import {Test} from "./Vm.sol";

contract HubInvariants is Test {
    Actors private _actors;

    function setUp() public {
        _actors = new Actors();
        targetContract(address(_actors));
    }

    function invariant_the_hub_holds_what_it_owes_to_the_wei() public view {
        uint256 owedWei = 0;
        address[8] memory accounts = _actors.accounts();
        for (uint256 i = 0; i < accounts.length; i++) owedWei += _actors.hub().freeWei(accounts[i]);
        for (uint256 i = 0; i < _actors.dealCount(); i++) {
            IHub.Deal memory deal = _actors.hub().dealOf(_actors.dealIds(i));
            uint256 lockedTasks = deal.closed ? deal.pendingTasks : deal.tasks - deal.settledTasks;
            owedWei += lockedTasks * deal.pricePerTaskWei;
        }
        for (uint256 i = 0; i < 2; i++)
            owedWei += _actors.hub().budgetOf(_actors.requesters(i), _actors.POOL()).lockedWei;
        IHub.Pool memory pool = _actors.hub().poolOf(_actors.POOL());
        owedWei += uint256(pool.bondWei) + pool.unbondingWei + pool.claimableWei;
        vm.assertEq(_actors.token().balanceOf(address(_actors.hub())), owedWei);
    }

    function invariant_a_deal_pays_and_refunds_its_price_and_no_more() public view {
        for (uint256 i = 0; i < _actors.dealCount(); i++) {
            bytes32 dealId = _actors.dealIds(i);
            IHub.Deal memory deal = _actors.hub().dealOf(dealId);
            uint256 priceWei = uint256(deal.tasks) * deal.pricePerTaskWei;
            uint256 goneWei = _actors.paidWei(dealId) + _actors.refundedWei(dealId);
            vm.assertLe(goneWei, priceWei);
            vm.assertEq(_actors.paidWei(dealId), uint256(deal.settledTasks) * deal.pricePerTaskWei);
            vm.assertLe(uint256(deal.settledTasks) + deal.pendingTasks, deal.tasks);
            if (deal.closed && deal.pendingTasks == 0) vm.assertEq(goneWei, priceWei);
        }
    }

    function invariant_owners_have_what_their_assets_earned_and_no_more() public view {
        address[2] memory owners = [_actors.APP_OWNER(), _actors.DATASET_OWNER()];
        for (uint256 i = 0; i < 2; i++) {
            int256 haveWei = int256(_actors.hub().freeWei(owners[i])) + _actors.outWei(owners[i]);
            vm.assertEq(uint256(haveWei), _actors.assetsPaidWei(owners[i]));
        }
    }

    /// @dev Whoever asked for the deals, in whatever way they ended.
    function invariant_payers_have_what_they_had_less_their_deals_plus_the_refunds() public view {
        for (uint256 i = 0; i < 2; i++) {
            address payer = _actors.requesters(i);
            int256 haveWei = int256(_actors.hub().freeWei(payer)) + _actors.outWei(payer);
            haveWei += int256(uint256(_actors.hub().budgetOf(payer, _actors.POOL()).lockedWei));
            for (uint256 d = 0; d < _actors.dealCount(); d++) {
                bytes32 dealId = _actors.dealIds(d);
                IHub.Deal memory deal = _actors.hub().dealOf(dealId);
                if (deal.payer != payer) continue;
                haveWei += int256(uint256(deal.tasks) * deal.pricePerTaskWei);
                haveWei -= int256(_actors.refundedWei(dealId));
            }
            vm.assertEq(uint256(haveWei), 1e26);
        }
    }

    function invariant_a_slash_is_conserved() public view {
        vm.assertEq(_actors.slashedWei(), _actors.slashPaidWei());
    }

    function invariant_what_is_pending_is_what_deals_have_set_aside() public view {
        uint256 pendingWei = 0;
        for (uint256 i = 0; i < _actors.dealCount(); i++) {
            IHub.Deal memory deal = _actors.hub().dealOf(_actors.dealIds(i));
            pendingWei += uint256(deal.pendingTasks) * deal.pricePerTaskWei;
        }
        vm.assertEq(_actors.hub().poolOf(_actors.POOL()).pendingWei, pendingWei);
    }
}
