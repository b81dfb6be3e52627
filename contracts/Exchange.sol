// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ExchangeState} from "./ExchangeStorage.sol";
import {Trading} from "./book/Trading.sol";
import {
    AccountView,
    DeleverageLimits,
    IExchange,
    MarketView,
    OrderMarginView,
    OrderRequest,
    OrderResult,
    QueueEntry
} from "./interfaces/IExchange.sol";
import {AutoDeleverage} from "./liquidation/AutoDeleverage.sol";
import {Liquidation} from "./liquidation/Liquidation.sol";
import {MarketConfig} from "./types/MarketConfig.sol";
import {Position} from "./types/Position.sol";
import {Listing} from "./vault/Listing.sol";
import {Vault} from "./vault/Vault.sol";
import {StateViews} from "./lens/StateViews.sol";

/**
 * The door: every entry point takes the reentrancy lock, finds the caller's account and hands over to a library that works on
 * the one state struct. See IExchange for what each call does and guarantees.
 */
contract Exchange is IExchange, AccessControl, Multicall, ReentrancyGuardTransient {
    ExchangeState private _state;

    /// @param collateral_ An ERC-20 with 6 decimals, without transfer fees or rebasing.
    /// @param administrator Holder of the administrator role: lists markets, sets the insurance fund once.
    constructor(IERC20 collateral_, address administrator) {
        if (IERC20Metadata(address(collateral_)).decimals() != 6) revert InvalidMarketConfig("collateral");
        _state.collateral = collateral_;
        _grantRole(DEFAULT_ADMIN_ROLE, administrator);
    }

    // ------------------------------------------------------------------------------------------------ collateral

    /// @inheritdoc IExchange
    function deposit(uint256 amount) external nonReentrant returns (uint256 account) {
        return Vault.deposit(_state, amount);
    }

    /// @inheritdoc IExchange
    function withdraw(uint256 amount, address to) external nonReentrant {
        Vault.withdraw(_state, _account(), amount, to);
    }

    // ------------------------------------------------------------------------------------------------ trading

    /// @inheritdoc IExchange
    function placeOrder(OrderRequest calldata request) external nonReentrant returns (OrderResult memory) {
        return Trading.place(_state, _account(), request);
    }

    /// @inheritdoc IExchange
    function cancelOrder(uint256 market, uint256 orderId) external nonReentrant {
        Trading.cancel(_state, _account(), market, orderId);
    }

    /// @inheritdoc IExchange
    function cancelAll(uint256 market) external nonReentrant returns (uint256) {
        return Trading.cancelAll(_state, _account(), market);
    }

    /// @inheritdoc IExchange
    function addMargin(uint256 market, uint256 amount) external nonReentrant {
        Trading.addMargin(_state, _account(), market, amount);
    }

    /// @inheritdoc IExchange
    function removeMargin(uint256 market, uint256 amount) external nonReentrant {
        Trading.removeMargin(_state, _account(), market, amount);
    }

    // ------------------------------------------------------------------------------------------------ clearing

    /// @inheritdoc IExchange
    function liquidate(uint256 market, uint256 account, uint256 maxSteps) external nonReentrant returns (uint256) {
        return Liquidation.liquidate(_state, market, account, maxSteps);
    }

    /// @inheritdoc IExchange
    function autoDeleverage(
        uint256 market,
        uint32[] calldata counterparties,
        DeleverageLimits calldata limits
    ) external nonReentrant returns (uint256) {
        return AutoDeleverage.deleverage(_state, market, counterparties, limits);
    }

    /// @inheritdoc IExchange
    function poke(uint256 market) external nonReentrant returns (bool) {
        return Trading.poke(_state, market);
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
        MarketConfig calldata config
    ) external nonReentrant onlyRole(DEFAULT_ADMIN_ROLE) returns (uint256) {
        return Listing.list(_state, config);
    }

    /// @inheritdoc IExchange
    function setInsuranceFund(address fund) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (_state.insuranceFund != address(0)) revert InsuranceFundAlreadySet(_state.insuranceFund);
        _state.insuranceFund = fund;
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
    function levelAt(uint256 market, bool isBid, uint256 tick) external view returns (uint256 lots, uint256 orders) {
        return StateViews.levelAt(_state, market, isBid, tick);
    }

    /// @inheritdoc IExchange
    function nextTick(uint256 market, bool isBid, uint256 tick) external view returns (uint256) {
        return StateViews.nextTick(_state, market, isBid, tick);
    }

    /// @inheritdoc IExchange
    function indexWordAt(
        uint256 market,
        bool isLong,
        uint256 shift,
        uint256 u,
        uint256 v
    ) external view returns (uint256) {
        return StateViews.indexWordAt(_state, market, isLong, shift, u, v);
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

    /// @dev The caller's account id.
    function _account() private view returns (uint256 account) {
        account = _state.accountOf[msg.sender];
        if (account == 0) revert NoAccount(msg.sender);
    }
}
