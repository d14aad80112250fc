// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MarketActors} from "./MarketActors.sol";
import {Test} from "./Vm.sol";

contract MarketInvariants is Test {
    MarketActors private _actors;

    function setUp() public {
        _actors = new MarketActors();
        targetContract(address(_actors));
    }

    function invariant_no_order_is_filled_beyond_its_volume() public view {
        for (uint256 kind = 0; kind < 4; kind++) {
            for (uint256 n = 0; n < 2; n++) {
                vm.assertLe(_actors.filled(kind, n), _actors.volumes(kind, n));
                vm.assertEq(_actors.consumed(kind, n), _actors.filled(kind, n));
            }
        }
    }

    function invariant_what_is_charged_is_price_times_volume() public view {
        vm.assertEq(_actors.chargedWei(), _actors.dealsWei());
    }
}
