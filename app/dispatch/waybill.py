"""The waybill's QR code: what a checkpoint or a warehouse needs to read without a network."""

import io

import segno

from app.dispatch.models import TransferOrder


def waybill_text(order: TransferOrder) -> str:
    """One fact a line: number, way, day, and once it has left its vehicle and pass. No names of people."""
    facts = [order.code, f"{order.warehouse.code} > {order.facility.code}", order.ship_on.isoformat()]
    return "\n".join([*facts, *(fact for fact in (order.vehicle, order.pass_number) if fact)])


def waybill_svg(order: TransferOrder) -> str:
    """The text as a QR code that survives a fold (error correction Q), as an SVG document."""
    buffer = io.BytesIO()
    _code_of(waybill_text(order)).save(
        buffer, kind="svg", scale=4, border=4, title=order.code, desc=waybill_text(order)
    )
    return buffer.getvalue().decode()


def address_svg(address: str, *, title: str) -> str:
    """An address as a QR code that a phone's own camera opens, as an SVG element that takes the size of its place."""
    return _code_of(address).svg_inline(border=4, title=title, omitsize=True, lineclass=None, svgclass=None)


def _code_of(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="q", boost_error=False)
