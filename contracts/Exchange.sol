// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Batch} from "./Batch.sol";
import {ExchangeState} from "./ExchangeStorage.sol";
import {Cancelling} from "./book/Cancelling.sol";
import {OrderAdmin} from "./book/OrderAdmin.sol";
import {Trading} from "./book/Trading.sol";
import {Triggers} from "./book/Triggers.sol";
import {Delegation} from "./vault/Delegation.sol";
import {Listing} from "./governance/Listing.sol";
import {Retirement} from "./governance/Retirement.sol";
import {
    AccountView,
    CancelOutcome,
    DeleverageLimits,
    IExchange,
    MarketView,
    OrderMarginView,
    OrderOutcome,
    OrderRequest,
    OrderResult,
    QueueEntry,
    RiskView,
    TopUpView,
    TriggerRequest,
    TriggerView
} from "./interfaces/IExchange.sol";
import {AutoDeleverage} from "./liquidation/AutoDeleverage.sol";
import {Liquidation} from "./liquidation/Liquidation.sol";
import {Preventive} from "./liquidation/Preventive.sol";
import {MarginDesk} from "./risk/MarginDesk.sol";
import {PriceUpdates} from "./oracle/PriceUpdates.sol";
import {MarketConfig, RiskConfig, Tier} from "./types/MarketConfig.sol";
import {Level} from "./types/MarketContext.sol";
import {Position} from "./types/Position.sol";
import {Vault} from "./vault/Vault.sol";
import {StateViews} from "./lens/StateViews.sol";

/**
 * The door: every entry point takes the reentrancy lock, finds the caller's account and hands over to a library that works on
 * the one state struct. See IExchange for what each call does and guarantees.
 */
contract Exchange is IExchange, AccessControl, Batch {
    /// @notice May raise a market's circuit breaker level, and nothing else.
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    ExchangeState private _state;

    /// @param collateral_ An ERC-20 with 6 decimals, without transfer fees or rebasing.
    /// @param administrator Holder of the administrator role: lists, changes and retires markets, names guardians; a timelock in production.
    constructor(IERC20 collateral_, address administrator) {
        if (IERC20Metadata(address(collateral_)).decimals() != 6) revert InvalidMarketConfig("collateral");
        _state.collateral = collateral_;
        _grantRole(DEFAULT_ADMIN_ROLE, administrator);
    }

    // ------------------------------------------------------------------------------------------------ collateral

    /// @inheritdoc IExchange
    function deposit(uint256 amount) external payable nonReentrant refunding returns (uint256 account) {
        return Vault.deposit(_state, amount);
    }

    /// @inheritdoc IExchange
    function depositWithPermit(
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external payable nonReentrant refunding returns (uint256 account) {
        return Vault.depositWithPermit(_state, amount, deadline, v, r, s);
    }

    /// @inheritdoc IExchange
    function withdraw(uint256 amount, address to) external payable nonReentrant refunding {
        Vault.withdraw(_state, _account(), amount, to);
    }

    // ------------------------------------------------------------------------------------------------ trading

    /// @inheritdoc IExchange
    function placeOrder(
        OrderRequest calldata request
    ) external payable nonReentrant refunding returns (OrderResult memory) {
        return Trading.place(_state, _account(), request);
    }

    /// @inheritdoc IExchange
    function placeOrders(
        OrderRequest[] calldata requests
    ) external payable nonReentrant refunding returns (OrderOutcome[] memory) {
        return OrderAdmin.placeMany(_state, _account(), requests);
    }

    /// @inheritdoc IExchange
    function amendOrder(
        uint256 market,
        uint256 orderId,
        uint256 tick,
        uint256 lots
    ) external payable nonReentrant refunding returns (OrderResult memory) {
        return OrderAdmin.amend(_state, _account(), market, orderId, tick, lots);
    }

    /// @inheritdoc IExchange
    function cancelOrders(
        uint256 market,
        uint256[] calldata orderIds
    ) external payable nonReentrant refunding returns (CancelOutcome[] memory) {
        return OrderAdmin.cancelMany(_state, _account(), market, orderIds);
    }

    /// @inheritdoc IExchange
    function cancelOrder(uint256 market, uint256 orderId) external payable nonReentrant refunding {
        Cancelling.cancel(_state, _account(), market, orderId);
    }

    /// @inheritdoc IExchange
    function cancelAll(uint256 market) external payable nonReentrant refunding returns (uint256) {
        return Cancelling.cancelAll(_state, _account(), market);
    }

    /// @inheritdoc IExchange
    function addMargin(uint256 market, uint256 amount) external payable nonReentrant refunding {
        MarginDesk.add(_state, _account(), market, amount);
    }

    /// @inheritdoc IExchange
    function removeMargin(uint256 market, uint256 amount) external payable nonReentrant refunding {
        MarginDesk.remove(_state, _account(), market, amount);
    }

    /// @inheritdoc IExchange
    function closePosition(
        uint256 market,
        uint256 limitTick,
        uint256 maxSteps
    ) external payable nonReentrant refunding returns (OrderResult memory) {
        return OrderAdmin.close(_state, _account(), market, limitTick, maxSteps);
    }

    /// @inheritdoc IExchange
    function placeTrigger(
        TriggerRequest calldata request
    ) external payable nonReentrant refunding returns (uint256 triggerId) {
        return Triggers.place(_state, _account(), request);
    }

    /// @inheritdoc IExchange
    function cancelTrigger(uint256 market, uint256 triggerId) external payable nonReentrant refunding {
        Triggers.cancel(_state, _account(), market, triggerId);
    }

    /// @inheritdoc IExchange
    function setLeverage(uint256 market, uint256 leverage) external payable nonReentrant refunding {
        MarginDesk.setLeverage(_state, _account(), market, leverage);
    }

    /// @inheritdoc IExchange
    function setTopUp(uint256 market, uint256 triggerRate, uint256 maximum) external payable nonReentrant refunding {
        MarginDesk.setTopUp(_state, _account(), market, triggerRate, maximum);
    }

    // ------------------------------------------------------------------------------------------------ batches and delegates

    /// @inheritdoc IExchange
    function multicall(bytes[] calldata calls) external payable returns (bytes[] memory) {
        return _run(calls, 0);
    }

    /// @inheritdoc IExchange
    function updatePrice(uint256 market, bytes[] calldata data) external payable nonReentrant refunding {
        PriceUpdates.forward(_state, market, data);
    }

    /// @inheritdoc IExchange
    function setDelegate(address delegate, bool allowed) external payable nonReentrant refunding {
        Delegation.set(_state, _account(), delegate, allowed);
    }

    /// @inheritdoc IExchange
    function tradeFor(uint256 account, bytes[] calldata calls) external payable returns (bytes[] memory) {
        Delegation.check(_state, account, calls);
        return _run(calls, uint32(account));
    }

    // ------------------------------------------------------------------------------------------------ clearing

    /// @inheritdoc IExchange
    function topUp(uint256 market, uint256 account) external payable nonReentrant refunding returns (uint256) {
        return MarginDesk.topUp(_state, market, account);
    }

    /// @inheritdoc IExchange
    function executeTrigger(
        uint256 market,
        uint256 account,
        uint256 triggerId,
        uint256 maxSteps
    ) external payable nonReentrant refunding returns (uint256) {
        return Triggers.execute(_state, market, account, triggerId, maxSteps);
    }

    /// @inheritdoc IExchange
    function preventiveDeleverage(
        uint256 market,
        uint256 account,
        uint256 maxSteps,
        uint256 maxCounterparties
    ) external payable nonReentrant refunding returns (uint256) {
        return Preventive.deleverage(_state, market, account, maxSteps, maxCounterparties);
    }

    /// @inheritdoc IExchange
    function liquidate(
        uint256 market,
        uint256 account,
        uint256 maxSteps
    ) external payable nonReentrant refunding returns (uint256) {
        return Liquidation.liquidate(_state, market, account, maxSteps);
    }

    /// @inheritdoc IExchange
    function autoDeleverage(
        uint256 market,
        uint32[] calldata counterparties,
        DeleverageLimits calldata limits
    ) external payable nonReentrant refunding returns (uint256) {
        return AutoDeleverage.deleverage(_state, market, counterparties, limits);
    }

    /// @inheritdoc IExchange
    function poke(uint256 market) external payable nonReentrant refunding returns (bool) {
        return OrderAdmin.poke(_state, market);
    }

    // ------------------------------------------------------------------------------------------------ insurance fund

    /// @inheritdoc IExchange
    function depositInsurance(uint256 amount) external nonReentrant {
        Vault.depositInsurance(_state, amount);
    }

    /// @inheritdoc IExchange
    function withdrawInsurance(uint256 amount, address to) external nonReentrant {
        Vault.withdrawInsurance(_state, amount, to);
    }

    /// @inheritdoc IExchange
    function insuranceBalance() external view returns (uint256) {
        return _state.insurance;
    }

    /// @inheritdoc IExchange
    function withdrawableInsurance() external view returns (uint256) {
        return Vault.withdrawableInsurance(_state);
    }

    // ------------------------------------------------------------------------------------------------ administration

    /// @inheritdoc IExchange
    function listMarket(
        MarketConfig calldata config,
        RiskConfig calldata risk,
        Tier[] calldata tiers
    ) external nonReentrant onlyRole(DEFAULT_ADMIN_ROLE) returns (uint256) {
        return Listing.list(_state, config, risk, tiers);
    }

    /// @inheritdoc IExchange
    function setInsuranceFund(address fund) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (_state.insuranceFund != address(0)) revert InsuranceFundAlreadySet(_state.insuranceFund);
        _state.insuranceFund = fund;
        emit InsuranceFundSet(fund);
    }

    /// @inheritdoc IExchange
    function updateMarket(
        uint256 market,
        MarketConfig calldata config,
        RiskConfig calldata risk,
        Tier[] calldata tiers
    ) external nonReentrant onlyRole(DEFAULT_ADMIN_ROLE) {
        Listing.update(_state, market, config, risk, tiers);
    }

    /// @inheritdoc IExchange
    function setGuardianLevel(uint256 market, Level level) external nonReentrant {
        bool mayLower = hasRole(DEFAULT_ADMIN_ROLE, msg.sender);
        if (!mayLower) _checkRole(GUARDIAN_ROLE);
        Listing.setGuardianLevel(_state, market, level, mayLower);
    }

    /// @inheritdoc IExchange
    function withdrawTreasury(uint256 amount, address to) external nonReentrant onlyRole(DEFAULT_ADMIN_ROLE) {
        Vault.withdrawTreasury(_state, amount, to);
    }

    /// @inheritdoc IExchange
    function retireMarket(uint256 market) external nonReentrant onlyRole(DEFAULT_ADMIN_ROLE) {
        Retirement.retire(_state, market);
    }

    /// @inheritdoc IExchange
    function settleRetired(
        uint256 market,
        uint32[] calldata accounts
    ) external payable nonReentrant refunding returns (uint256) {
        return Retirement.settle(_state, market, accounts);
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IExchange
    function collateral() external view returns (address) {
        return address(_state.collateral);
    }

    /// @inheritdoc IExchange
    function insuranceFund() external view returns (address) {
        return _state.insuranceFund;
    }

    /// @inheritdoc IExchange
    function keeperReserve() external view returns (uint256) {
        return _state.keeperReserve;
    }

    /// @inheritdoc IExchange
    function treasury() external view returns (uint256) {
        return _state.treasury;
    }

    /// @inheritdoc IExchange
    function isDelegate(uint256 account, address delegate) external view returns (bool) {
        return _state.delegates[account][delegate];
    }

    /// @inheritdoc IExchange
    function accountCount() external view returns (uint256) {
        return _state.accountCount;
    }

    /// @inheritdoc IExchange
    function marketCount() external view returns (uint256) {
        return _state.marketCount;
    }

    /// @inheritdoc IExchange
    function accountOf(address owner) external view returns (uint256) {
        return _state.accountOf[owner];
    }

    /// @inheritdoc IExchange
    function accountAt(uint256 account) external view returns (AccountView memory) {
        return AccountView(_state.accounts[account].owner, _state.accounts[account].free);
    }

    /// @inheritdoc IExchange
    function marketConfig(uint256 market) external view returns (MarketConfig memory) {
        return _state.markets[market].config;
    }

    /// @inheritdoc IExchange
    function riskConfig(uint256 market) external view returns (RiskConfig memory) {
        return _state.markets[market].risk;
    }

    /// @inheritdoc IExchange
    function marketTiers(uint256 market) external view returns (Tier[] memory) {
        return StateViews.tiersOf(_state, market);
    }

    /// @inheritdoc IExchange
    function riskAt(uint256 market) external view returns (RiskView memory) {
        return StateViews.riskAt(_state, market);
    }

    /// @inheritdoc IExchange
    function fundingIndexNow(uint256 market) external view returns (int256) {
        return StateViews.fundingIndexNow(_state, market);
    }

    /// @inheritdoc IExchange
    function topUpAt(uint256 market, uint256 account) external view returns (TopUpView memory) {
        return StateViews.topUpAt(_state, market, account);
    }

    /// @inheritdoc IExchange
    function triggersAt(uint256 market, uint256 account) external view returns (TriggerView[] memory) {
        return StateViews.triggersAt(_state, market, account);
    }

    /// @inheritdoc IExchange
    function leverageAt(uint256 market, uint256 account) external view returns (uint256) {
        return StateViews.leverageAt(_state, market, account);
    }

    /// @inheritdoc IExchange
    function marketAt(uint256 market) external view returns (MarketView memory) {
        return StateViews.marketAt(_state, market);
    }

    /// @inheritdoc IExchange
    function positionAt(uint256 market, uint256 account) external view returns (Position memory) {
        return StateViews.positionAt(_state, market, account);
    }

    /// @inheritdoc IExchange
    function orderMarginAt(uint256 market, uint256 account) external view returns (OrderMarginView memory) {
        return StateViews.orderMarginAt(_state, market, account);
    }

    /// @inheritdoc IExchange
    function orderAt(uint256 market, uint256 slot) external view returns (uint256) {
        return StateViews.orderAt(_state, market, slot);
    }

    /// @inheritdoc IExchange
    function levelAt(
        uint256 market,
        bool isBid,
        uint256 tick
    ) external view returns (uint256 lots, uint256 orders, uint256 firm) {
        return StateViews.levelAt(_state, market, isBid, tick);
    }

    /// @inheritdoc IExchange
    function levelHeadAt(uint256 market, bool isBid, uint256 tick) external view returns (uint256) {
        return StateViews.levelHeadAt(_state, market, isBid, tick);
    }

    /// @inheritdoc IExchange
    function nextTick(uint256 market, bool isBid, uint256 tick) external view returns (uint256) {
        return StateViews.nextTick(_state, market, isBid, tick);
    }

    /// @inheritdoc IExchange
    function indexWordAt(
        uint256 market,
        bool isLong,
        uint256 level,
        uint256 u,
        uint256 v
    ) external view returns (uint256) {
        return StateViews.indexWordAt(_state, market, isLong, level, u, v);
    }

    /// @inheritdoc IExchange
    function indexTailAt(uint256 market, bool isLong, uint256 u, uint256 v) external view returns (uint256) {
        return StateViews.indexTailAt(_state, market, isLong, u, v);
    }

    /// @inheritdoc IExchange
    function markPrice(uint256 market) external view returns (uint256 price, uint256 age) {
        return StateViews.markPrice(_state, market);
    }

    /// @inheritdoc IExchange
    function bankruptAccount(uint256 market, uint256 nominee) external view returns (uint256 account, int256 price) {
        return StateViews.bankruptAccount(_state, market, nominee);
    }

    /// @inheritdoc IExchange
    function adlQueue(
        uint256 market,
        bool bankruptIsLong,
        int256 price,
        uint256 limit
    ) external view returns (QueueEntry[] memory) {
        return StateViews.adlQueue(_state, market, bankruptIsLong, price, limit);
    }

    /// @dev The account that the call is for: the caller's, or the one that a delegate's batch acts for.
    function _account() private view returns (uint256 account) {
        account = _actingAccount();
        if (account != 0) return account;
        account = _state.accountOf[msg.sender];
        if (account == 0) revert NoAccount(msg.sender);
    }
}
