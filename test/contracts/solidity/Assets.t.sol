// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Assets} from "../../../contracts/Assets.sol";
import {IAssets} from "../../../contracts/interfaces/IAssets.sol";
import {IGroup} from "../../../contracts/interfaces/IGroup.sol";
import {Test} from "./Vm.sol";

contract Club is IGroup {
    mapping(address account => bool) public contains;

    function admit(address account) external {
        contains[account] = true;
    }
}

/// @dev Answers "yes" after burning all it is given, or with a returned megabyte, or with a 2.
contract BadGroup {
    uint256 private immutable _how;

    constructor(uint256 how) {
        _how = how;
    }

    fallback() external {
        if (_how == 0) while (true) {}
        uint256 size = _how == 1 ? 1 << 20 : 32;
        uint256 answer = _how == 1 ? 1 : 2;
        assembly {
            mstore(0, answer)
            return(0, size)
        }
    }
}

/// @dev Two people who register, change and sell; what they must not do is tried as well.
contract AssetActors is Test {
    Assets public immutable assets = new Assets();
    address[2] public people = [address(0xa1), address(0xa2)];
    uint256[] public ids;
    /// @notice What the registry should say.
    mapping(uint256 id => bytes32[]) public manifests;
    mapping(uint256 id => uint8) public strictest;

    function register(uint8 who, uint8 kind, uint8 updates, bytes32 hash) external {
        IAssets.Kind k = IAssets.Kind(kind % 3);
        address owner = people[who % 2];
        uint256 id = assets.idOf(k, hash, owner);
        if (hash == 0) vm.expectPartialRevert(IAssets.ManifestMissing.selector);
        else if (assets.exists(id)) vm.expectPartialRevert(IAssets.AlreadyRegistered.selector);
        else {
            ids.push(id);
            manifests[id].push(hash);
            strictest[id] = updates % 3;
        }
        vm.prank(owner);
        assets.register(
            IAssets.Registration(
                k,
                IAssets.Updates(updates % 3),
                hash,
                "ipfs://x",
                IAssets.Price(1, true),
                address(0)
            )
        );
    }

    function setManifest(uint256 which, uint8 who, bytes32 hash) external {
        if (ids.length == 0 || hash == 0) return;
        uint256 id = ids[which % ids.length];
        if (people[who % 2] != assets.ownerOf(id)) vm.expectPartialRevert(IAssets.NotAssetOwner.selector);
        else if (strictest[id] == uint8(IAssets.Updates.Frozen))
            vm.expectPartialRevert(IAssets.ManifestFrozen.selector);
        else if (strictest[id] == uint8(IAssets.Updates.Append)) manifests[id].push(hash);
        else manifests[id][manifests[id].length - 1] = hash;
        vm.prank(people[who % 2]);
        assets.setManifest(id, hash, "ipfs://y");
    }

    function tighten(uint256 which, uint8 to) external {
        if (ids.length == 0) return;
        uint256 id = ids[which % ids.length];
        address owner = assets.ownerOf(id);
        if (to % 3 <= strictest[id]) vm.expectPartialRevert(IAssets.UpdatesLoosened.selector);
        else strictest[id] = to % 3;
        vm.prank(owner);
        assets.tightenUpdates(id, IAssets.Updates(to % 3));
    }

    function sell(uint256 which) external {
        if (ids.length == 0) return;
        uint256 id = ids[which % ids.length];
        address owner = assets.ownerOf(id);
        vm.prank(owner);
        assets.transferFrom(owner, people[owner == people[0] ? 1 : 0], id);
    }

    function count() external view returns (uint256) {
        return ids.length;
    }

    function versions(uint256 id) external view returns (bytes32[] memory) {
        return manifests[id];
    }
}

contract AssetsInvariants is Test {
    AssetActors private _actors;

    function setUp() public {
        _actors = new AssetActors();
        targetContract(address(_actors));
    }

    function invariant_manifests_change_only_as_their_rule_allows() public view {
        Assets assets = _actors.assets();
        for (uint256 i = 0; i < _actors.count(); i++) {
            uint256 id = _actors.ids(i);
            bytes32[] memory expected = _actors.versions(id);
            vm.assertEq(assets.versionsOf(id), expected.length);
            vm.assertEq(assets.manifestHashOf(id), expected[expected.length - 1]);
            for (uint256 v = 0; v < expected.length; v++)
                vm.assertEq(assets.manifestHashOf(id, v), expected[v]);
            vm.assertEq(uint256(assets.updatesOf(id)), _actors.strictest(id));
        }
    }
}

contract AssetsTest is Test {
    Assets private immutable _assets = new Assets();

    function _register(address restrictedTo) private returns (uint256) {
        IAssets.Price memory price = IAssets.Price(5, false);
        return
            _assets.register(
                IAssets.Registration(
                    IAssets.Kind.Dataset,
                    IAssets.Updates.Append,
                    bytes32(uint256(7)),
                    "ipfs://x",
                    price,
                    restrictedTo
                )
            );
    }

    function test_an_asset_is_what_it_was_registered_as() public {
        uint256 id = _register(address(0));
        vm.assertTrue(_assets.ownerOf(id) == address(this));
        vm.assertTrue(_assets.kindOf(id) == IAssets.Kind.Dataset);
        vm.assertEq(_assets.priceOf(id).perUseWei, 5);
        vm.assertFalse(_assets.priceOf(id).mayUndercut);
        vm.assertEq(keccak256(bytes(_assets.tokenURI(id))), keccak256("ipfs://x"));
    }

    function testFuzz_nobody_takes_the_id_of_another(address other, bytes32 hash, uint8 kind) public view {
        IAssets.Kind k = IAssets.Kind(kind % 3);
        if (other != address(this))
            vm.assertFalse(_assets.idOf(k, hash, other) == _assets.idOf(k, hash, address(this)));
    }

    function testFuzz_views_refuse_what_is_not_there(uint256 id) public {
        bytes4 missing = IERC721Errors.ERC721NonexistentToken.selector;
        vm.expectPartialRevert(missing);
        _assets.kindOf(id);
        vm.expectPartialRevert(missing);
        _assets.manifestHashOf(id);
        vm.expectPartialRevert(missing);
        _assets.mayUse(id, address(1));
    }

    function test_a_uri_has_from_1_to_512_bytes() public {
        IAssets.Registration memory registration = IAssets.Registration(
            IAssets.Kind.App,
            IAssets.Updates.Frozen,
            bytes32(uint256(1)),
            "",
            IAssets.Price(0, true),
            address(0)
        );
        vm.expectPartialRevert(IAssets.UriInvalid.selector);
        _assets.register(registration);
        registration.uri = string(new bytes(513));
        vm.expectPartialRevert(IAssets.UriInvalid.selector);
        _assets.register(registration);
        registration.uri = string(new bytes(512));
        _assets.register(registration);
    }

    function testFuzz_a_restriction_admits_its_members_and_the_owner(address member, address other) public {
        // As a restriction, 0 is everybody.
        if (member == address(0)) member = address(1);
        Club club = new Club();
        club.admit(member);
        uint256 id = _register(address(club));
        vm.assertTrue(_assets.mayUse(id, member));
        vm.assertTrue(_assets.mayUse(id, address(this)));
        bool isOutsider = other != member && other != address(this) && other != address(club);
        if (isOutsider) vm.assertFalse(_assets.mayUse(id, other));
        _assets.setRestriction(id, member);
        vm.assertTrue(_assets.mayUse(id, member));
        if (isOutsider) vm.assertFalse(_assets.mayUse(id, other));
        _assets.setRestriction(id, address(0));
        vm.assertTrue(_assets.mayUse(id, other));
    }

    function test_a_group_that_cannot_answer_has_no_members_and_costs_little() public {
        uint256 id = _register(address(0));
        for (uint256 how = 0; how < 3; how++) {
            _assets.setRestriction(id, address(new BadGroup(how)));
            uint256 gas = gasleft();
            vm.assertFalse(_assets.mayUse(id, address(0xbad)));
            vm.assertLt(gas - gasleft(), 80_000);
        }
    }

    function test_an_id_stays_taken_when_its_asset_is_sold() public {
        uint256 id = _register(address(0));
        _assets.transferFrom(address(this), address(0x5e), id);
        vm.expectPartialRevert(IAssets.AlreadyRegistered.selector);
        _register(address(0));
    }
}
