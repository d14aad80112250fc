// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Assets} from "../../../contracts/Assets.sol";
import {AuthorisedContracts} from "../../../contracts/AuthorisedContracts.sol";
import {EdgeToken} from "../../../contracts/EdgeToken.sol";
import {Governance} from "../../../contracts/Governance.sol";
import {Hub} from "../../../contracts/Hub.sol";
import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {Timelock} from "../../../contracts/Timelock.sol";
import {IAssets} from "../../../contracts/interfaces/IAssets.sol";
import {IAuthorisedContracts} from "../../../contracts/interfaces/IAuthorisedContracts.sol";
import {Test} from "./Vm.sol";

contract Template {
    uint256 public immutable number;

    constructor(uint256 number_) {
        number = number_;
    }
}

contract GovernanceTest is Test {
    address private constant HOLDER = address(0xa);
    address private constant REVIEWER = address(0xb);
    bytes32 private constant DOCUMENT = keccak256("an RFC");

    EdgeToken private _token;
    Timelock private _timelock;
    Governance private _governance;
    AuthorisedContracts private _authorised;
    Assets private _assets;
    Hub private _hub;
    Template private _template;

    function setUp() public {
        _token = new EdgeToken(address(this), 1e27);
        address governor = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        _timelock = new Timelock(2 days, governor);
        _governance = new Governance(_token, _timelock, 1 days, 7 days, 1e24, 4);
        _assets = new Assets();
        _authorised = new AuthorisedContracts(address(_timelock), _assets);
        _hub = new Hub(
            _token,
            IHub.Peers(address(0xe), address(0xf), address(0x10), address(0x11), address(0x12)),
            200,
            300
        );
        _template = new Template(1);
        _token.transfer(HOLDER, 1e26);
        vm.prank(HOLDER);
        _token.delegate(HOLDER);
        vm.warp(block.timestamp + 1);
    }

    function test_a_template_is_proposed_reviewed_voted_queued_executed_and_revoked() public {
        bytes32 codeHash = address(_template).codehash;
        _decide(abi.encodeCall(_authorised.setReviewer, (REVIEWER, true)));
        _decide(abi.encodeCall(_authorised.setReviewsNeeded, (1)));

        bytes memory authorise = abi.encodeCall(
            _authorised.authoriseContract,
            (address(_template), codeHash, DOCUMENT)
        );
        uint256 id = _pass(authorise);
        vm.expectPartialRevert(IAuthorisedContracts.ReviewsMissing.selector);
        _execute(authorise);
        bytes32 dossier = _authorised.dossierOf(address(_template), codeHash, DOCUMENT);
        vm.prank(REVIEWER);
        _authorised.review(dossier, IAuthorisedContracts.Verdict.Approve, keccak256("my review"));
        _execute(authorise);
        vm.assertTrue(_governance.state(id) == IGovernor.ProposalState.Executed);
        vm.assertTrue(_authorised.isAuthorised(address(_template)));
        vm.assertFalse(_authorised.isAuthorised(address(new Template(1))));
        vm.assertEq(_authorised.authorisationOf(address(_template)).descriptionHash, DOCUMENT);

        _decide(abi.encodeCall(_authorised.revokeContract, (address(_template), keccak256("why"))));
        vm.assertFalse(_authorised.isAuthorised(address(_template)));
    }

    function test_another_code_at_the_address_is_not_authorised() public {
        bytes32 codeHash = address(_template).codehash;
        _decide(abi.encodeCall(_authorised.authoriseContract, (address(_template), codeHash, DOCUMENT)));
        vm.etch(address(_template), hex"00");
        vm.assertFalse(_authorised.isAuthorised(address(_template)));
        vm.etch(address(_template), "");
        vm.assertFalse(_authorised.isAuthorised(address(_template)));
    }

    function test_an_app_is_authorised_with_its_manifest_only() public {
        uint256 id = _assets.register(
            IAssets.Registration(
                IAssets.Kind.App,
                IAssets.Updates.Append,
                bytes32(uint256(1)),
                "ipfs://1",
                IAssets.Price(0, true),
                address(0)
            )
        );
        vm.assertFalse(_authorised.isAuthorised(id));
        _decide(abi.encodeCall(_authorised.authoriseAsset, (id, bytes32(uint256(1)), DOCUMENT)));
        vm.assertTrue(_authorised.isAuthorised(id));
        _assets.setManifest(id, bytes32(uint256(2)), "ipfs://2");
        vm.assertFalse(_authorised.isAuthorised(id));
        _decide(abi.encodeCall(_authorised.authoriseAsset, (id, bytes32(uint256(2)), DOCUMENT)));
        vm.assertTrue(_authorised.isAuthorised(id));
        _decide(abi.encodeCall(_authorised.revokeAsset, (id, DOCUMENT)));
        vm.assertFalse(_authorised.isAuthorised(id));
    }

    function test_verdicts_count_while_their_reviewers_are_reviewers_and_rejections_weigh_as_much() public {
        bytes32 codeHash = address(_template).codehash;
        bytes32 dossier = _authorised.dossierOf(address(_template), codeHash, DOCUMENT);
        vm.expectPartialRevert(IAuthorisedContracts.NotReviewer.selector);
        _authorised.review(dossier, IAuthorisedContracts.Verdict.Approve, DOCUMENT);
        address governance = address(_timelock);
        for (uint160 i = 1; i <= 2; i++) {
            vm.prank(governance);
            _authorised.setReviewer(address(i), true);
            vm.prank(address(i));
            _authorised.review(dossier, IAuthorisedContracts.Verdict(i), DOCUMENT);
        }
        vm.prank(governance);
        vm.expectPartialRevert(IAuthorisedContracts.ReviewsMissing.selector);
        _authorised.authoriseContract(address(_template), codeHash, DOCUMENT);
        vm.prank(governance);
        _authorised.setReviewer(address(2), false);
        vm.prank(governance);
        _authorised.authoriseContract(address(_template), codeHash, DOCUMENT);
    }

    function test_what_has_too_few_votes_is_not_executed() public {
        vm.prank(HOLDER);
        _token.transfer(address(this), 9e25);
        vm.warp(block.timestamp + 1);
        bytes memory data = abi.encodeCall(_authorised.setReviewer, (REVIEWER, true));
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = _actions(data);
        vm.prank(HOLDER);
        uint256 id = _governance.propose(targets, values, calls, "d");
        vm.warp(block.timestamp + 1 days + 1);
        vm.prank(HOLDER);
        _governance.castVote(id, 1);
        vm.warp(block.timestamp + 7 days);
        vm.assertTrue(_governance.state(id) == IGovernor.ProposalState.Defeated);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        _governance.queue(targets, values, calls, keccak256("d"));
    }

    function testFuzz_nobody_but_the_timelock_writes(address caller, uint8 which) public {
        if (caller == address(_timelock)) return;
        bytes[6] memory calls = [
            abi.encodeCall(_authorised.authoriseContract, (address(_template), 0, 0)),
            abi.encodeCall(_authorised.authoriseAsset, (1, 0, 0)),
            abi.encodeCall(_authorised.revokeContract, (address(_template), 0)),
            abi.encodeCall(_authorised.revokeAsset, (1, 0)),
            abi.encodeCall(_authorised.setReviewer, (caller, true)),
            abi.encodeCall(_authorised.setReviewsNeeded, (1))
        ];
        vm.prank(caller);
        (bool success, bytes memory answer) = address(_authorised).call(calls[which % 6]);
        vm.assertFalse(success);
        vm.assertEq(bytes32(bytes4(answer)), bytes32(IAuthorisedContracts.NotGovernance.selector));
    }

    /// @dev Whatever is voted, it is the timelock that calls. No call of its, to the Hub or to the token, takes a wei from
    /// what the Hub holds for others.
    function testFuzz_no_vote_moves_what_is_in_the_hub(
        bytes4 selector,
        uint8 which,
        address party,
        uint256 amount,
        uint256 more
    ) public {
        _token.approve(address(_hub), 1000);
        _hub.deposit(1000);
        bytes4[18] memory selectors = [
            _hub.deposit.selector,
            _hub.depositWithPermit.selector,
            _hub.withdraw.selector,
            _hub.registerPool.selector,
            _hub.bond.selector,
            _hub.unbond.selector,
            _hub.finishUnbonding.selector,
            _hub.openDeal.selector,
            _hub.closeDeal.selector,
            _hub.reserve.selector,
            _hub.settle.selector,
            _hub.release.selector,
            _hub.credit.selector,
            _hub.slash.selector,
            _token.transferFrom.selector,
            _token.burnFrom.selector,
            _token.burn.selector,
            selector
        ];
        bytes memory data = abi.encodeWithSelector(selectors[which % 18], address(_hub), party, amount, more);
        bytes memory other = abi.encodeWithSelector(
            selectors[which % 18],
            party,
            within(amount, 0, 1000),
            more
        );
        for (uint256 i = 0; i < 4; i++) {
            vm.prank(address(_timelock));
            (bool success, ) = (i % 2 == 0 ? address(_hub) : address(_token)).call(i < 2 ? data : other);
            success;
        }
        vm.assertEq(_token.balanceOf(address(_hub)), 1000);
        vm.assertEq(_hub.freeWei(address(this)), 1000);
    }

    function _decide(bytes memory data) private {
        _pass(data);
        _execute(data);
    }

    /// @dev Proposed, voted and queued, and the timelock's delay waited for.
    function _pass(bytes memory data) private returns (uint256 id) {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = _actions(data);
        vm.prank(HOLDER);
        id = _governance.propose(targets, values, calls, "d");
        vm.warp(block.timestamp + 1 days + 1);
        vm.prank(HOLDER);
        _governance.castVote(id, 1);
        vm.warp(block.timestamp + 7 days);
        _governance.queue(targets, values, calls, keccak256("d"));
        vm.expectPartialRevert(bytes4(keccak256("TimelockUnexpectedOperationState(bytes32,bytes32)")));
        _governance.execute(targets, values, calls, keccak256("d"));
        vm.warp(block.timestamp + 2 days);
    }

    function _execute(bytes memory data) private {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = _actions(data);
        _governance.execute(targets, values, calls, keccak256("d"));
    }

    function _actions(
        bytes memory data
    ) private view returns (address[] memory targets, uint256[] memory values, bytes[] memory calls) {
        targets = new address[](1);
        values = new uint256[](1);
        calls = new bytes[](1);
        (targets[0], calls[0]) = (address(_authorised), data);
    }
}
