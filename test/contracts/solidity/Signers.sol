// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGroup} from "../../../contracts/interfaces/IGroup.sol";

/// @dev A contract that signs: whatever it was told to say.
contract SigningWallet {
    enum Answer {
        Yes,
        No,
        Reverts,
        BurnsAll
    }

    Answer public answer;

    function setAnswer(Answer answer_) external {
        answer = answer_;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        if (answer == Answer.Reverts) revert("no");
        while (answer == Answer.BurnsAll) {}
        return answer == Answer.Yes ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @dev A group of one member that can answer in every wrong way.
contract OddGroup is IGroup {
    enum Manner {
        Honest,
        Reverts,
        BurnsAll,
        TooShort,
        Megabyte,
        NotABool
    }

    address public immutable member;
    Manner public manner;

    constructor(address member_) {
        member = member_;
    }

    function setManner(Manner manner_) external {
        manner = manner_;
    }

    function contains(address account) external view returns (bool) {
        Manner m = manner;
        if (m == Manner.Reverts) revert("no");
        while (m == Manner.BurnsAll) {}
        // solhint-disable-next-line no-inline-assembly
        assembly {
            mstore(0, 1)
            if eq(m, 3) {
                return(0, 31)
            }
            if eq(m, 4) {
                return(0, 1000000)
            }
            if eq(m, 5) {
                mstore(0, 2)
                return(0, 32)
            }
        }
        return account == member;
    }
}
