"""Alert rules that an installation begins with: limits as authorities published them, each with its source."""

from dataclasses import dataclass

from app.market.types import Measure, SupplyGroup

_SIGNALS = "某地价格信号灯办法（每旬涨幅，地方未能核实）/ a local signal-light rule, per ten days; place not identified"
_HUNAN = "湖南省市场监管局，2020年2月1日公布的1月30日认定意见 / Hunan, 30 January 2020"
_BEIJING = "北京市，2017年，按同比 / Beijing 2017, on the year"
_OURS = "本系统假定 / assumption of this system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A rule to begin with; limits in thousandths."""

    code: str
    measure: Measure
    group: SupplyGroup | None
    window_days: int
    yellow: int | None
    red: int | None
    source: str


def _rise(group: SupplyGroup, yellow: int, red: int) -> Preset:
    return Preset(
        code=f"rise-{group.value}",
        measure=Measure.RISE,
        group=group,
        window_days=10,
        yellow=yellow,
        red=red,
        source=_SIGNALS,
    )


PRESETS = (
    _rise(SupplyGroup.VEGETABLES, 100, 150),
    _rise(SupplyGroup.PORK, 50, 100),
    _rise(SupplyGroup.CHICKEN, 30, 50),
    _rise(SupplyGroup.EGGS, 30, 50),
    _rise(SupplyGroup.GRAIN, 20, 50),
    _rise(SupplyGroup.OIL, 20, 30),
    Preset(code="year-vegetables", measure=Measure.RISE_ON_YEAR, group=SupplyGroup.VEGETABLES, window_days=366,
           yellow=100, red=300, source=_BEIJING),
    Preset(code="year-pork", measure=Measure.RISE_ON_YEAR, group=SupplyGroup.PORK, window_days=366, yellow=300, red=400,
           source="甘肃省，依国家发展改革委2021年预案 / Gansu after NDRC 2021, on the year"),
    Preset(code="arrivals-vegetables", measure=Measure.FALL_ON_YEAR, group=SupplyGroup.VEGETABLES, window_days=366,
           yellow=50, red=150, source=_BEIJING),
    Preset(code="arrivals-week", measure=Measure.FALL, group=None, window_days=7, yellow=200, red=400, source=_OURS),
    Preset(code="baseline", measure=Measure.BASELINE, group=None, window_days=1, yellow=None, red=0, source=_HUNAN),
    Preset(code="spread", measure=Measure.SPREAD, group=None, window_days=1, yellow=None, red=150, source=_HUNAN),
    Preset(code="outlets", measure=Measure.OUTLETS, group=None, window_days=1, yellow=700, red=500, source=_OURS),
    Preset(code="no-report", measure=Measure.NO_REPORT, group=None, window_days=1, yellow=0, red=None,
           source="生活必需品市场供应应急管理办法（商务部2011年）：严禁漏报、迟报 / Ministry of Commerce 2011"),
    Preset(code="early", measure=Measure.EARLY, group=None, window_days=3, yellow=0, red=None, source=_OURS),
)  # fmt: skip
"""The Beijing rule has three levels (10, 20, 30 %; arrivals 5, 10, 15 %): the first is yellow here, the third red."""
