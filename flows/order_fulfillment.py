"""One order, from New to Shipped.

Run by Packline's dispatcher for each order that comes in, or by hand with the order's number. Three
times the run waits for a person: picking, packing, and the carrier's pickup. Every step happens
once, however often the run is retried. Once somebody asks to cancel the order, the run turns back;
while the order is on hold, it waits before its next step.
"""

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from models.results.work import Packed, Picked
from services.execution.errors import CancellationRequested, NothingLeft, OnHold
from services.execution.runs import OrderRun
from tasks.engine.gates import await_release
from tasks.engine.runs import goes_on_by_itself
from tasks.labels import (
    calculate_shipping_cost,
    create_shipping_label,
    void_outdated_labels,
    void_shipping_labels,
)
from tasks.notifications import (
    send_cancellation_notice,
    send_shipment_notification,
    tell_of_cancelled_lines,
    tell_of_last_cancelled_lines,
)
from tasks.orders import (
    cancel_order,
    retrieve_new_order,
    update_order_status_to_processing,
    update_order_status_to_shipped,
    update_order_with_tracking_info,
)
from tasks.packing import assign_packing_task, await_packing
from tasks.picking import (
    assign_picking_task,
    await_decision_on_short_pick,
    await_picking,
    get_picking_checklist,
)
from tasks.pickup import await_carrier_pickup, cancel_carrier_pickup, dispatch_carrier_pickup
from tasks.pricing import calculate_total_order_value, refund_order
from tasks.restock import assign_restock_task, await_restock
from tasks.stock import (
    await_decision_on_shortage,
    check_inventory_levels,
    return_stock,
    update_inventory_stock,
)


@flow(name="order-fulfillment")
@goes_on_by_itself
def order_fulfillment(order_number: int | None = None, shipment: int = 1) -> State[None]:
    """Fulfil one order, or one shipment of an order that was split.

    Args:
        order_number: The order to work on. Empty: the next New order that nobody works on.
        shipment: Which shipment of it. An order that was not split has one.
    """
    order = retrieve_new_order(order_number, shipment)
    if order is None:
        return Completed(message="No New order is waiting: there is nothing to do.")
    if order.has_ended:
        return Completed(message=f"{order.title} is already {order.status}.")

    try:
        return fulfil(order)
    except NothingLeft:
        return close_empty(order)
    except CancellationRequested:
        return compensate(order)
    except OnHold:
        return await_release(order)


def fulfil(order: OrderRun) -> State[None]:
    """The way there. A person who cancels at any of its gates stops it before its next step.

    The audit says the same: *no step of an order is recorded before those that come first*.
    """
    tell_of_cancelled_lines(order)
    while not check_inventory_levels(order).allocated:
        decision = await_decision_on_shortage(order)
        tell_of_cancelled_lines(order, decision)
    calculate_total_order_value(order)
    update_order_status_to_processing(order)

    assign_picking_task(order)
    get_picking_checklist(order)
    await_goods(order, await_picking(order))

    while True:
        assign_packing_task(order)
        packed = await_packing(order)
        if packed.complete:
            break
        await_goods(order, packed)  # the packer lacks something, or it was picked by mistake

    update_inventory_stock(order)
    while True:
        labels = create_shipping_label(order, packed)
        calculate_shipping_cost(order)
        update_order_with_tracking_info(order, labels)
        send_shipment_notification(order)

        dispatch_carrier_pickup(order)
        pickup = await_carrier_pickup(order)
        if pickup.collected:
            break
        void_outdated_labels(order)  # the parcels are to go elsewhere after all

    update_order_status_to_shipped(order, pickup)
    return Completed(message=f"{order.title} is Shipped.")


def await_goods(order: OrderRun, found: Picked | Packed) -> None:
    """Until all is picked. What a picker or a packer lacks, the operator decides about: it is
    picked again, or what is there ships.
    """
    while not found.complete:
        if found.asks_operator:
            decision = await_decision_on_short_pick(order)
            tell_of_cancelled_lines(order, decision)
            if decision.ships_what_is_there:
                return
        found = await_picking(order)


def close_empty(order: OrderRun) -> State[None]:
    """All pieces of the shipment were cancelled, line by line, while others of its order go on."""
    order.begin_compensation()
    try:
        tell_of_last_cancelled_lines(order)
    except CancellationRequested:  # the others go on no more, and one mail tells of all
        return compensate(order)
    cancel_order(order)
    return Completed(message=f"{order.title} is Cancelled: nothing of it is left.")


def compensate(order: OrderRun) -> State[None]:
    """Compensation: undo what was done, and nothing where nothing was.

    The carrier and the customer are told first; then goods that were picked go back to their bins.

    The audit says the same: *no step of the compensation is recorded before those that come first*.
    """
    order.begin_compensation()
    cancel_carrier_pickup(order)
    void_shipping_labels(order)
    refunded = refund_order(order)
    send_cancellation_notice(order, refunded)

    restock_task = assign_restock_task(order)
    restocked = await_restock(order, restock_task)
    return_stock(order, restocked)
    cancelled = cancel_order(order)
    return Completed(message=f"{order.title} is Cancelled: {cancelled.reason}.")
