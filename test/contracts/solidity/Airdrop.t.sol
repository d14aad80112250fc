// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Airdrop} from "../../../contracts/Airdrop.sol";
import {EdgeToken} from "../../../contracts/EdgeToken.sol";
import {IAirdrop} from "../../../contracts/interfaces/IAirdrop.sol";
import {Test} from "./Vm.sol";

/// @dev A list of four: account 0xa0 + i has 100 × (i + 1), and 0xa0 stands on it twice (as 0 and 3).
contract AirdropActors is Test {
    address public constant TREASURY = address(0x7);
    EdgeToken public immutable token = new EdgeToken(address(this), 1e6);
    Airdrop public immutable airdrop;
    uint256 public immutable deadline = block.timestamp + 1000;
    uint256 public claimedWei;
    bool[4] public claimed;

    constructor() {
        bytes32 left = Hashes.commutativeKeccak256(leaf(0), leaf(1));
        airdrop = new Airdrop(
            token,
            Hashes.commutativeKeccak256(left, Hashes.commutativeKeccak256(leaf(2), leaf(3))),
            deadline,
            TREASURY
        );
        token.transfer(address(airdrop), 1000);
    }

    function claim(uint256 i, uint256 wrong) public {
        i %= 4;
        uint256 amountWei = 100 * (i + 1);
        address account = accountOf(i);
        bytes32[] memory proof = proofOf(i);
        bool isOver = block.timestamp >= deadline;
        if (isOver) vm.expectPartialRevert(IAirdrop.DeadlinePast.selector);
        else if (claimed[i]) vm.expectPartialRevert(IAirdrop.AlreadyClaimed.selector);
        else if (wrong % 4 > 0) {
            vm.expectPartialRevert(IAirdrop.NotOnList.selector);
            if (wrong % 4 == 1) amountWei++;
            else if (wrong % 4 == 2) account = address(0xbad);
            else proof[wrong % 2] ^= bytes32(uint256(1));
        } else {
            claimed[i] = true;
            claimedWei += amountWei;
        }
        airdrop.claim(i, account, amountWei, proof);
    }

    function sweep() external {
        if (block.timestamp < deadline) vm.expectPartialRevert(IAirdrop.DeadlineAhead.selector);
        airdrop.sweep();
    }

    function pass(uint8 seconds_) external {
        vm.warp(block.timestamp + seconds_);
    }

    function accountOf(uint256 i) public pure returns (address) {
        return address(uint160(0xa0 + (i % 3)));
    }

    function leaf(uint256 i) public pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(i, accountOf(i), 100 * (i + 1)))));
    }

    function proofOf(uint256 i) public pure returns (bytes32[] memory proof) {
        proof = new bytes32[](2);
        proof[0] = leaf(i ^ 1);
        proof[1] =
            i < 2
                ? Hashes.commutativeKeccak256(leaf(2), leaf(3))
                : Hashes.commutativeKeccak256(leaf(0), leaf(1));
    }
}

contract AirdropInvariants is Test {
    AirdropActors private _actors;

    function setUp() public {
        _actors = new AirdropActors();
        targetContract(address(_actors));
    }

    function invariant_every_token_is_with_its_owner_the_treasury_or_still_there() public view {
        EdgeToken token = _actors.token();
        uint256 leftWei = token.balanceOf(address(_actors.airdrop())) + token.balanceOf(_actors.TREASURY());
        vm.assertEq(leftWei + _actors.claimedWei(), 1000);
        uint256[3] memory owed;
        for (uint256 i = 0; i < 4; i++) {
            vm.assertEq(_actors.airdrop().isClaimed(i), _actors.claimed(i), "claimed");
            if (_actors.claimed(i)) owed[i % 3] += 100 * (i + 1);
        }
        for (uint256 i = 0; i < 3; i++) vm.assertEq(token.balanceOf(_actors.accountOf(i)), owed[i]);
    }
}

contract AirdropTest is Test {
    function test_an_inner_node_is_no_entitlement() public {
        AirdropActors actors = new AirdropActors();
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = Hashes.commutativeKeccak256(actors.leaf(2), actors.leaf(3));
        Airdrop airdrop = actors.airdrop();
        (uint256 index, address account) = (
            uint256(actors.leaf(0)),
            address(uint160(uint256(actors.leaf(1))))
        );
        vm.expectPartialRevert(IAirdrop.NotOnList.selector);
        airdrop.claim(index, account, 0, proof);
    }

    function test_the_remainder_is_the_treasurys_after_the_deadline() public {
        AirdropActors actors = new AirdropActors();
        actors.claim(2, 0);
        vm.warp(actors.deadline());
        actors.airdrop().sweep();
        vm.assertEq(actors.token().balanceOf(actors.TREASURY()), 700);
    }

    function test_a_list_without_a_future_or_a_treasury_is_refused() public {
        EdgeToken token = new EdgeToken(address(this), 1);
        vm.expectPartialRevert(IAirdrop.DeadlinePast.selector);
        new Airdrop(token, 0, block.timestamp, address(1));
        vm.expectPartialRevert(IAirdrop.ZeroAddress.selector);
        new Airdrop(token, 0, block.timestamp + 1, address(0));
    }
}
