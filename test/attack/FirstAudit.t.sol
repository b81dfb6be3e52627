// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange, OrderRequest, OrderResult, SelfTrade, TimeInForce} from "../../contracts/interfaces/IExchange.sol";
import {IExchangeErrors} from "../../contracts/interfaces/IExchangeErrors.sol";
import {MockAggregator} from "../../contracts/mocks/MockAggregator.sol";
import {MarketConfig, Tier} from "../../contracts/types/MarketConfig.sol";
import {CrashTest} from "../utils/CrashTest.sol";

/// The counterexamples of the first adversarial review, each as it was proved, each now refused or harmless.
contract FirstAuditTest is CrashTest {
    function setUp() public override {
        _deploy();
        for (uint256 i; i < 6; ++i) crowd.join(100_000e6);
    }

    /// @dev Below the grid's first octave one cell is wider than the distance between two bankruptcy prices: corridor and pot broke.
    /// What opens there now bridges the whole cell with margin.
    function test_OutsideTheGridTheCorridorHolds() public {
        _setMark(6_000); // 600, a hundred and sixty times below the listing price
        _order(0, false, 6_000, 100_000, 50, TimeInForce.GoodTilCancelled);
        _tryOrder(1, true, 6_000, 100_000, 50);
        _checkAll();
        _setMark(3_000);
        _order(2, false, 3_000, 100_000, 50, TimeInForce.GoodTilCancelled);
        _tryOrder(0, true, 3_000, 100_000, 50);
        _checkAll();
        for (uint256 actor; actor < 3; ++actor) {
            uint256 free = exchange.accountAt(_id(actor)).free;
            if (free != 0) crowd.run(actor, abi.encodeCall(IExchange.withdraw, (free, address(this))));
        }
        _checkAll();
    }

    /// @dev Without the margin for that, nothing opens.
    function test_OutsideTheGridNothingOpensOnMarketMargin() public {
        _setMark(6_000);
        _order(0, false, 6_000, 100_000, 50, TimeInForce.GoodTilCancelled);
        uint256 taker = crowd.size();
        crowd.join(1_000e6); // eight times what 50x asks for
        require(!_tryOrder(taker, true, 6_000, 100_000, 50), "opened inside a cell");
        _checkAll();
    }

    /// @dev The same above the last octave, where the cell has no end.
    function test_AboveTheGridNothingOpens() public {
        _setMark(1_000_000 * 16); // the highest tick an order can name is 2^24 − 1
        feeds[0].setAnswer(100_000e8 * 600);
        require(!_tryOrder(1, true, type(uint24).max, 100, 1), "opened in the outermost cell");
        _checkAll();
    }

    /// @dev A price under what the exchange can represent used to stop clearing for ever.
    function test_ACollapsedPriceStillClears() public {
        MockAggregator feed = new MockAggregator(8, 1e8);
        MarketConfig memory config = _config(_source(feed), 1_000); // 1,000 atoms a lot
        uint256 m = exchange.listMarket(config, _risk(), new Tier[](0));
        _place(0, m, false, 100, 1_000_000, 10);
        _place(1, m, true, 100, 1_000_000, 10);
        require(exchange.marketAt(m).openInterest == 1_000_000, "open");
        feed.setAnswer(1); // 1e-8: far below two atoms a lot
        vm.warp(block.timestamp + 31);
        feed.setAnswer(1);
        require(exchange.poke(m), "the long is bankrupt");
        uint32[] memory none;
        exchange.autoDeleverage(m, none, _limits());
        require(exchange.marketAt(m).openInterest == 0, "cleared");
        require(!exchange.poke(m), "solvent");
    }

    /// @dev A market at the edge of what prices can be is not listed at all.
    function test_RevertWhen_ListedWithoutRoomForTheGrid() public {
        MockAggregator feed = new MockAggregator(8, 1e4);
        MarketConfig memory config = _config(_source(feed), 100_000); // a thousandth of an atom a lot
        try exchange.listMarket(config, _risk(), new Tier[](0)) {
            revert("listed");
        } catch (bytes memory reason) {
            require(bytes4(reason) == IExchangeErrors.PriceOutOfRange.selector, "another error");
        }
    }

    /// @dev A maker that quotes both sides with all it has was refused and removed at first contact.
    function test_ATwoSidedQuoteFills() public {
        uint256 maker = crowd.size();
        crowd.join(2_002_000); // 2.002
        _order(maker, true, 999_000, 10, 50, TimeInForce.GoodTilCancelled);
        _order(maker, false, 1_001_000, 10, 50, TimeInForce.GoodTilCancelled);
        OrderResult memory result = _take(0, false, 999_000, 10);
        require(result.filledLots == 10, "filled");
        _checkAll();
    }

    /// @dev A small taker removed a large order whose own reserve was ample.
    function test_ASmallTakerIsFilledByALargeOrder() public {
        uint256 maker = crowd.size();
        crowd.join(20_200_000);
        _order(maker, true, 1_000_000, 100, 50, TimeInForce.GoodTilCancelled);
        require(_take(0, false, 1_000_000, 1).filledLots == 1, "filled");
        _checkAll();
    }

    /// @dev One announcement after the other over the same shares kept a redemption window always open.
    function test_AnAnnouncementFollowsItsShares() public {
        fund.deposit(1_000e6, address(this));
        uint256 shares = fund.balanceOf(address(this));
        fund.requestRedeem(shares);
        address other = address(0xbeef);
        require(fund.transfer(other, shares), "moved");
        vm.prank(other);
        require(fund.transfer(address(this), shares), "moved back");
        vm.warp(block.timestamp + fund.COOLDOWN() + 1);
        require(fund.redeemableShares(address(this)) == 0, "shares that left are announced no more");
        fund.requestRedeem(shares);
        vm.warp(block.timestamp + fund.COOLDOWN());
        require(fund.redeemableShares(address(this)) == shares, "held throughout");
        // the price is old by now, but nobody has a position: nothing can be lost, and nothing is held back
        require(fund.maxRedeem(address(this)) == shares, "not held back");
        fund.redeem(shares, address(this), address(this));
        require(fund.totalSupply() == 0, "everything");
    }

    /// @dev A feed that reverts must not lock the fund, nor margin that could save a position.
    function test_ABrokenFeedLocksNobody() public {
        _order(0, false, 1_000_000, 100, 10, TimeInForce.GoodTilCancelled);
        _order(1, true, 1_000_000, 100, 10, TimeInForce.GoodTilCancelled);
        fund.deposit(1_000e6, address(this));
        feeds[0].setFailing(true);
        crowd.run(1, abi.encodeCall(IExchange.addMargin, (M, 1e6)));
        crowd.run(1, abi.encodeCall(IExchange.withdraw, (1e6, address(this))));
        fund.poke();
        require(exchange.withdrawableInsurance() == 0, "the cap is more than the claim");
        vm.warp(block.timestamp + 1 days + 1);
        require(exchange.withdrawableInsurance() == exchange.insuranceBalance(), "fund");
        feeds[0].setFailing(false);
        _checkAll();
    }

    function _take(uint256 actor, bool isBid, uint256 tick, uint256 lots) private returns (OrderResult memory) {
        bytes memory call = abi.encodeCall(IExchange.placeOrder, _request(M, isBid, tick, lots, 10, true));
        return abi.decode(crowd.run(actor, call), (OrderResult));
    }

    function _place(uint256 actor, uint256 m, bool isBid, uint256 tick, uint256 lots, uint8 leverage) private {
        crowd.run(actor, abi.encodeCall(IExchange.placeOrder, _request(m, isBid, tick, lots, leverage, false)));
    }

    function _tryOrder(uint256 actor, bool isBid, uint256 tick, uint256 lots, uint8 leverage) private returns (bool) {
        try
            crowd.run(actor, abi.encodeCall(IExchange.placeOrder, _request(M, isBid, tick, lots, leverage, true)))
        returns (bytes memory answer) {
            return abi.decode(answer, (OrderResult)).filledLots != 0;
        } catch {
            return false;
        }
    }

    function _request(
        uint256 m,
        bool isBid,
        uint256 tick,
        uint256 lots,
        uint8 leverage,
        bool immediate
    ) private pure returns (OrderRequest memory) {
        return
            OrderRequest({
                market: uint32(m),
                isBid: isBid,
                tick: uint24(tick),
                lots: uint40(lots),
                timeInForce: immediate ? TimeInForce.ImmediateOrCancel : TimeInForce.GoodTilCancelled,
                selfTrade: SelfTrade.CancelResting,
                reduceOnly: false,
                leverage: leverage,
                expiry: 0,
                maxSteps: 64,
                clientId: 0
            });
    }
}
