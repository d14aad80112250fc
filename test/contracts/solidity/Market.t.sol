// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hub} from "../../../contracts/Hub.sol";
import {Market} from "../../../contracts/Market.sol";
import {IAssets} from "../../../contracts/interfaces/IAssets.sol";
import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {IMarket} from "../../../contracts/interfaces/IMarket.sol";
import {MarketWorld} from "./MarketWorld.sol";
import {OddGroup, SigningWallet} from "./Signers.sol";

contract MarketTest is MarketWorld {
    /// @dev Order of the group of secp256k1.
    uint256 private constant N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function setUp() public {
        vm.warp(1_000_000);
        _open();
    }

    function test_a_match_is_a_deal_of_what_is_left_of_all_four() public {
        IMarket.Orders memory orders = _sign(_orders());
        uint256 beforeWei = _hub.freeWei(_requester);
        IHub.Deal memory deal = _hub.dealOf(_market.matchOrders(orders));
        vm.assertEq(deal.tasks, 30);
        vm.assertEq(deal.pricePerTaskWei, 1.03e18);
        vm.assertEq(beforeWei - _hub.freeWei(_requester), 30 * 1.03e18);
        vm.assertTrue(deal.payer == _requester && deal.requester == _requester && deal.pool == _pool);
        vm.assertTrue(deal.appOwner == vm.addr(APP_KEY) && deal.datasetOwner == vm.addr(DATASET_KEY));
        vm.assertEq(uint256(deal.appWei) + deal.datasetWei, 3e16);
        vm.assertEq(deal.appHash, APP_HASH);

        // The request is filled; the dataset's order has 60 left, and bounds the next.
        vm.expectPartialRevert(IMarket.OrderFilled.selector);
        _market.matchOrders(orders);
        orders.request.order.volume = 1000;
        orders.request.signature = _signature(REQUESTER_KEY, _market.hashOfRequest(orders.request.order));
        vm.assertEq(_hub.dealOf(_market.matchOrders(orders)).tasks, 50);
        vm.expectPartialRevert(IMarket.OrderFilled.selector);
        _market.matchOrders(orders);
    }

    function test_a_free_app_and_no_dataset_need_no_orders() public {
        IMarket.Orders memory orders = _orders();
        delete orders.app;
        delete orders.dataset;
        orders.request.order.app = 0;
        orders.request.order.dataset = 0;
        orders.request.order.appHash = keccak256("any");
        IHub.Deal memory deal = _hub.dealOf(_market.matchOrders(_sign(orders)));
        vm.assertEq(deal.pricePerTaskWei, 1e18);
        vm.assertTrue(deal.appOwner == address(0) && !deal.payees);

        // What costs something has an owner who signed.
        orders.app.order.priceWei = 1;
        orders.request.order.salt = 0;
        orders = _sign(orders);
        vm.expectPartialRevert(IMarket.TermMismatch.selector);
        _market.matchOrders(orders);
    }

    function test_every_term_that_does_not_fit_is_refused() public {
        for (uint256 i = 0; i < 28; i++) {
            IMarket.Orders memory orders = _sign(_with(i));
            vm.expectPartialRevert(IMarket.TermMismatch.selector);
            _market.matchOrders(orders);
        }
        _market.matchOrders(_sign(_orders()));
    }

    function test_orders_expire() public {
        for (uint256 i = 0; i < 4; i++) {
            IMarket.Orders memory orders = _orders();
            uint64 past = uint64(block.timestamp - 1);
            if (i == 0) orders.app.order.expiry = past;
            if (i == 1) orders.dataset.order.expiry = past;
            if (i == 2) orders.pool.order.expiry = past;
            if (i == 3) orders.request.order.expiry = past;
            orders = _sign(orders);
            vm.expectPartialRevert(IMarket.OrderExpired.selector);
            _market.matchOrders(orders);
        }
    }

    function test_the_registrys_price_and_restriction_bind_the_owners_orders() public {
        IMarket.Orders memory orders = _sign(_orders());
        vm.prank(vm.addr(APP_KEY));
        _assets.setPrice(_app, IAssets.Price(2e16 + 1, false));
        vm.expectPartialRevert(IMarket.TermMismatch.selector);
        _market.matchOrders(orders);
        vm.prank(vm.addr(APP_KEY));
        _assets.setPrice(_app, IAssets.Price(2e16 + 1, true));
        vm.prank(vm.addr(DATASET_KEY));
        _assets.setRestriction(_dataset, address(0x123));
        vm.expectPartialRevert(IMarket.TermMismatch.selector);
        _market.matchOrders(orders);
        vm.prank(vm.addr(DATASET_KEY));
        _assets.setRestriction(_dataset, _requester);
        _market.matchOrders(orders);
    }

    function test_a_manifest_replaced_since_the_request_is_not_matched() public {
        IMarket.Orders memory orders = _sign(_orders());
        vm.prank(vm.addr(APP_KEY));
        _assets.setManifest(_app, keccak256("other"), "ipfs://y");
        vm.expectPartialRevert(IMarket.TermMismatch.selector);
        _market.matchOrders(orders);
    }

    function test_a_sold_asset_is_offered_by_its_new_owner_only() public {
        IMarket.Orders memory orders = _sign(_orders());
        vm.prank(vm.addr(APP_KEY));
        _assets.transferFrom(vm.addr(APP_KEY), _sponsor, _app);
        vm.expectPartialRevert(IMarket.BadSignature.selector);
        _market.matchOrders(orders);
        orders.app.signature = _signature(SPONSOR_KEY, _market.hashOfApp(orders.app.order));
        vm.assertTrue(_hub.dealOf(_market.matchOrders(orders)).appOwner == _sponsor);
    }

    function test_signatures_of_64_bytes_count_and_altered_ones_do_not() public {
        IMarket.Orders memory orders = _sign(_orders());
        bytes memory good = orders.request.signature;
        (bytes32 r, bytes32 s, uint8 v) = _split(good);
        bytes[8] memory altered = [
            abi.encodePacked(r, bytes32(N - uint256(s)), v == 27 ? uint8(28) : uint8(27)),
            abi.encodePacked(r, s, v == 27 ? uint8(28) : uint8(27)),
            abi.encodePacked(r, s, uint8(v - 27)),
            abi.encodePacked(r, s),
            abi.encodePacked(r, s, v, uint8(0)),
            abi.encodePacked(s, r, v),
            bytes(""),
            _signature(SPONSOR_KEY, _market.hashOfRequest(orders.request.order))
        ];
        // r ‖ s without a parity bit is EIP-2098 for v = 27.
        if (v == 27) altered[3] = abi.encodePacked(r, bytes32(uint256(s) | (1 << 255)));
        for (uint256 i = 0; i < 8; i++) {
            orders.request.signature = altered[i];
            vm.expectPartialRevert(IMarket.BadSignature.selector);
            _market.matchOrders(orders);
        }
        orders.request.signature = abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
        _market.matchOrders(orders);
    }

    function testFuzz_a_signature_of_anything_else_is_refused(uint8 which, uint256 bit) public {
        IMarket.Orders memory orders = _sign(_orders());
        bytes memory flipped =
            which % 4 == 0
                ? orders.app.signature
                : which % 4 == 1
                    ? orders.dataset.signature
                    : which % 4 == 2
                        ? orders.pool.signature
                        : orders.request.signature;
        flipped[(bit / 8) % 65] ^= bytes1(uint8(1 << (bit % 8)));
        vm.expectPartialRevert(IMarket.BadSignature.selector);
        _market.matchOrders(orders);
    }

    function test_orders_of_another_chain_or_another_deployment_are_refused() public {
        IMarket.Orders memory orders = _sign(_orders());
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        vm.expectPartialRevert(IMarket.BadSignature.selector);
        _market.matchOrders(orders);
        vm.chainId(chain);

        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        Hub hub = new Hub(
            _token,
            IHub.Peers(address(this), address(0x7a5c5), next, address(0x57a), address(0x3d1)),
            200,
            300
        );
        Market other = new Market(hub, _assets);
        vm.expectPartialRevert(IMarket.BadSignature.selector);
        other.matchOrders(orders);
        vm.expectPartialRevert(IMarket.HubMismatch.selector);
        new Market(hub, _assets);
        _market.matchOrders(orders);
    }

    function test_a_word_on_chain_counts_until_it_is_taken_back() public {
        IMarket.Orders memory orders = _sign(_orders());
        bytes32 hash = _market.hashOfPool(orders.pool.order);
        orders.pool.signature = "";
        vm.prank(_sponsor); // somebody else's word is nobody's
        _market.presign(hash);
        vm.expectPartialRevert(IMarket.BadSignature.selector);
        _market.matchOrders(orders);
        vm.prank(_pool);
        _market.presign(hash);
        _market.matchOrders(orders);
        vm.assertEq(_market.consumed(_pool, hash), 30);
        vm.prank(_pool);
        _market.cancel(hash);
        vm.assertFalse(_market.isPresigned(_pool, hash));
        orders.request.order.salt = 0;
        orders.request.signature = _signature(REQUESTER_KEY, _market.hashOfRequest(orders.request.order));
        vm.expectPartialRevert(IMarket.OrderCancelled.selector);
        _market.matchOrders(orders);
        vm.prank(_pool);
        vm.expectPartialRevert(IMarket.OrderCancelled.selector);
        _market.presign(hash);
        // Nor does a signature help.
        orders.pool.signature = _signature(POOL_KEY, hash);
        vm.expectPartialRevert(IMarket.OrderCancelled.selector);
        _market.matchOrders(orders);
    }

    function test_nobody_cancels_for_another() public {
        IMarket.Orders memory orders = _sign(_orders());
        bytes32 hash = _market.hashOfRequest(orders.request.order);
        vm.prank(_sponsor);
        _market.cancel(hash);
        _market.matchOrders(orders);
    }

    function test_contracts_sign_as_they_say() public {
        SigningWallet wallet = new SigningWallet();
        _fund(address(wallet), 1e24);
        IMarket.Orders memory orders = _orders();
        orders.request.order.requester = address(wallet);
        orders = _sign(orders);
        SigningWallet.Answer[3] memory noes = [
            SigningWallet.Answer.No,
            SigningWallet.Answer.Reverts,
            SigningWallet.Answer.BurnsAll
        ];
        for (uint256 i = 0; i < 3; i++) {
            wallet.setAnswer(noes[i]);
            (bool isMade, ) = address(_market).call{gas: 3_000_000}(
                abi.encodeCall(IMarket.matchOrders, (orders))
            );
            vm.assertFalse(isMade);
        }
        wallet.setAnswer(SigningWallet.Answer.Yes);
        vm.assertTrue(_hub.dealOf(_market.matchOrders(orders)).payer == address(wallet));
    }

    function test_a_group_that_cannot_answer_has_no_members_and_locks_nothing() public {
        OddGroup pools = new OddGroup(_pool);
        OddGroup requesters = new OddGroup(_requester);
        for (uint256 where = 0; where < 4; where++) {
            IMarket.Orders memory orders = _orders();
            if (where == 0) orders.app.order.pools = address(pools);
            if (where == 1) orders.dataset.order.requesters = address(requesters);
            if (where == 2) orders.pool.order.requesters = address(requesters);
            if (where == 3) orders.request.order.pools = address(pools);
            orders.request.order.volume = 1;
            orders = _sign(orders);
            for (uint8 manner = 1; manner <= 5; manner++) {
                pools.setManner(OddGroup.Manner(manner));
                requesters.setManner(OddGroup.Manner(manner));
                // The group's share of gas is capped: the rest suffices to say no.
                (bool isMade, bytes memory why) = address(_market).call{gas: 400_000}(
                    abi.encodeCall(IMarket.matchOrders, (orders))
                );
                vm.assertFalse(isMade);
                vm.assertTrue(bytes4(why) == IMarket.TermMismatch.selector);
            }
            pools.setManner(OddGroup.Manner.Honest);
            requesters.setManner(OddGroup.Manner.Honest);
            orders.request.order.salt = bytes32(100 + where);
            _market.matchOrders(_sign(orders));
        }
    }

    function test_an_order_for_one_account_is_for_no_other() public {
        IMarket.Orders memory orders = _orders();
        orders.app.order.requesters = _sponsor;
        orders = _sign(orders);
        vm.expectPartialRevert(IMarket.TermMismatch.selector);
        _market.matchOrders(orders);
        orders.app.order.requesters = _requester;
        _market.matchOrders(_sign(orders));
    }

    function test_who_is_named_payer_pays_if_it_signed_or_calls() public {
        IMarket.Orders memory orders = _orders();
        orders.request.order.payer = _sponsor;
        orders = _sign(orders);
        vm.expectPartialRevert(IMarket.BadSignature.selector);
        _market.matchOrders(orders);
        orders.request.payerSignature = orders.request.signature;
        vm.expectPartialRevert(IMarket.BadSignature.selector);
        _market.matchOrders(orders);

        bytes32 hash = _market.hashOfRequest(orders.request.order);
        orders.request.payerSignature = _signature(SPONSOR_KEY, hash);
        (uint256 requesterWei, uint256 sponsorWei) = (_hub.freeWei(_requester), _hub.freeWei(_sponsor));
        IHub.Deal memory deal = _hub.dealOf(_market.matchOrders(orders));
        vm.assertTrue(deal.payer == _sponsor && deal.requester == _requester);
        vm.assertEq(sponsorWei - _hub.freeWei(_sponsor), 30 * 1.03e18);
        vm.assertEq(_hub.freeWei(_requester), requesterWei);

        orders.request.order.salt = 0;
        orders = _sign(orders);
        vm.prank(_sponsor);
        deal = _hub.dealOf(_market.matchOrders(orders));
        vm.assertTrue(deal.payer == _sponsor);

        // A payer can take its word back.
        orders.request.order.salt = bytes32(uint256(9));
        orders = _sign(orders);
        hash = _market.hashOfRequest(orders.request.order);
        orders.request.payerSignature = _signature(SPONSOR_KEY, hash);
        vm.prank(_sponsor);
        _market.cancel(hash);
        vm.expectPartialRevert(IMarket.OrderCancelled.selector);
        _market.matchOrders(orders);
    }

    function test_a_sponsor_is_charged_and_refunded_in_every_branch() public {
        for (uint256 branch = 0; branch < 4; branch++) {
            IMarket.Orders memory orders = _orders();
            orders.request.order.salt = bytes32(50 + branch);
            orders.request.order.volume = 5;
            orders = _sign(orders);
            (uint256 requesterWei, uint256 sponsorWei) = (_hub.freeWei(_requester), _hub.freeWei(_sponsor));
            vm.prank(_sponsor);
            bytes32 dealId = _market.matchSponsored(orders);
            vm.assertEq(sponsorWei - _hub.freeWei(_sponsor), 5 * 1.03e18);
            vm.expectPartialRevert(IHub.NotPartyOfDeal.selector);
            _hub.closeDeal(dealId);
            if (branch == 0) {
                vm.prank(_pool);
                _hub.closeDeal(dealId);
            } else if (branch < 3) {
                address closer = branch == 1 ? _requester : _sponsor;
                vm.prank(closer);
                vm.expectPartialRevert(IHub.DealNotOver.selector);
                _hub.closeDeal(dealId);
                vm.warp(block.timestamp + 800);
                vm.prank(closer);
                _hub.closeDeal(dealId);
            } else {
                // Closed while two tasks are in an epoch, which is then voided and released.
                _fundBond();
                IHub.DealSummary[] memory deals = _twoTasksOf(dealId);
                (uint256 valueWei, , ) = _hub.reserve(_pool, deals);
                vm.warp(block.timestamp + 800);
                vm.prank(_requester);
                _hub.closeDeal(dealId);
                vm.assertEq(sponsorWei - _hub.freeWei(_sponsor), 2 * 1.03e18);
                _hub.release(_pool, deals, valueWei);
            }
            vm.assertEq(_hub.freeWei(_sponsor), sponsorWei);
            vm.assertEq(_hub.freeWei(_requester), requesterWei);
        }
    }

    function test_a_part_too_small_is_refused_unless_it_is_the_last() public {
        IMarket.Orders memory orders = _orders();
        orders.request.order.leastVolume = 30;
        orders.pool.order.volume = 20;
        orders = _sign(orders);
        vm.expectPartialRevert(IMarket.VolumeTooLow.selector);
        _market.matchOrders(orders);

        orders = _orders();
        orders.pool.order.volume = 50;
        orders.pool.order.leastVolume = 30;
        _market.matchOrders(_sign(orders));
        orders.request.order.salt = 0;
        orders.request.order.volume = 19;
        IMarket.Orders memory less = _sign(orders);
        vm.expectPartialRevert(IMarket.VolumeTooLow.selector);
        _market.matchOrders(less);
        orders.request.order.volume = 21;
        vm.assertEq(_hub.dealOf(_market.matchOrders(_sign(orders))).tasks, 20);
    }

    function test_only_the_Market_charges_others() public {
        IHub.Order memory order;
        vm.expectPartialRevert(IHub.NotMarket.selector);
        _hub.openDealFor(_sponsor, address(this), order);
        vm.expectPartialRevert(IHub.NotMarket.selector);
        _hub.depositFor(_sponsor, 1);
    }

    function test_several_matches_take_one_transaction_and_all_succeed_or_none() public {
        IMarket.Orders memory first = _sign(_orders());
        IMarket.Orders memory second = _orders();
        second.request.order.salt = 0;
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(IMarket.matchOrders, (first));
        calls[1] = abi.encodeCall(IMarket.matchOrders, (second));
        vm.expectPartialRevert(IMarket.BadSignature.selector);
        _market.multicall(calls);
        bytes32 hash = _market.hashOfRequest(first.request.order);
        vm.assertEq(_market.consumed(_requester, hash), 0);
        calls[1] = abi.encodeCall(IMarket.matchOrders, (_sign(second)));
        _market.multicall(calls);
        vm.assertEq(_market.consumed(_pool, _market.hashOfPool(first.pool.order)), 60);
    }

    /// @dev Orders with one thing wrong.
    function _with(uint256 i) private view returns (IMarket.Orders memory o) {
        o = _orders();
        if (i == 0) o.pool.order.priceWei++;
        if (i == 1) o.pool.order.category++;
        if (i == 2) o.pool.order.law = IHub.Law.Pool;
        if (i == 3) o.pool.order.trust--;
        if (i == 4) o.pool.order.replicas--;
        if (i == 5) o.pool.order.tags = 14; // the app's is missing
        if (i == 6) o.pool.order.tags = 13; // the dataset's
        if (i == 7) o.pool.order.tags = 11; // the request's
        if (i == 8) o.pool.order.app = _dataset;
        if (i == 9) o.pool.order.requesters = address(1);
        if (i == 10) o.pool.order.leastSeconds = 501;
        if (i == 11) o.app.order.app = _dataset;
        if (i == 12) o.app.order.priceWei++;
        if (i == 13) o.app.order.priceWei = 1e15 - 1; // below the list
        if (i == 14) o.app.order.pools = address(1);
        if (i == 15) o.app.order.requesters = address(1);
        if (i == 16) o.dataset.order.dataset = _app;
        if (i == 17) o.dataset.order.priceWei++;
        if (i == 18) o.dataset.order.priceWei = 1e15 - 1;
        if (i == 19) o.dataset.order.app = _dataset;
        if (i == 20) o.dataset.order.pools = address(1);
        if (i == 21) o.dataset.order.requesters = address(1);
        if (i == 22) o.request.order.appHash = 0;
        if (i == 23) o.request.order.pools = address(1);
        if (i == 24) o.request.order.app = 0;
        if (i == 25) o.request.order.dataset = 0;
        // A dataset in the app's place, and an app in the dataset's.
        if (i == 26) (o.app.order.app, o.request.order.app) = (_dataset, _dataset);
        if (i == 27) {
            (o.dataset.order.dataset, o.request.order.dataset) = (_app, _app);
        }
    }

    function _split(bytes memory signature) private pure returns (bytes32 r, bytes32 s, uint8 v) {
        // solhint-disable-next-line no-inline-assembly
        assembly {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
            v := byte(0, mload(add(signature, 96)))
        }
    }

    function _fundBond() private {
        _fund(_pool, 1e20);
        vm.prank(_pool);
        _hub.bond(1e20);
    }

    /// @dev Of 1.03 ECT: 0.03 to the owners, 5 % burned, 10 % of the pool's 1 its fee.
    function _twoTasksOf(bytes32 dealId) private pure returns (IHub.DealSummary[] memory deals) {
        deals = new IHub.DealSummary[](1);
        deals[0] = IHub.DealSummary(dealId, 2, 2 * 0.8485e18, 2 * 0.1e18, 2 * 0.0515e18);
    }
}
