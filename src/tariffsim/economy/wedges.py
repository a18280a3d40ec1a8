"""What policy and technology put between cost and price, relative to the base year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy.typing as npt

from tariffsim.economy.primitives import RENTS
from tariffsim.errors import EconomyError, unknown_name


@dataclass(frozen=True, eq=False)
class Wedges:
    """One policy or a batch; None means "as in the base year". Leading batch axes broadcast.

    Arrays of pairs end in (importer n, exporter i, sector j).

    tariffs: new ad valorem levels t' (fraction, > -1; subsidies are negative), N, N, S.
    export_taxes: new levels x' (fraction, > -1), revenue to the exporter, N, N, S. The base has none.
    iceberg: hats of trade costs d (> 0; infinity is an embargo), N, N, S.
    productivity: hats Ah (> 0) of region and sector, N, S.
    rations: caps on quantities as hats qbar (>= 0; infinity is no cap, 0 an embargo), N, N, S.
    ration_rent: who gets the scarcity rent: "exporter", "importer" (auctioned after customs) or "lost".
    licences: approved shares (0 to 1, 1 is free) of normal trade in `economy.nodes`, user, supplier, input: N, N, Z.
    stocks: what stocks add, as a share of normal use (>= 0), user, input: N, Z.
    """

    tariffs: npt.ArrayLike | None = None
    export_taxes: npt.ArrayLike | None = None
    iceberg: npt.ArrayLike | None = None
    productivity: npt.ArrayLike | None = None
    rations: npt.ArrayLike | None = None
    ration_rent: str = "exporter"
    licences: npt.ArrayLike | None = None
    stocks: npt.ArrayLike | None = None

    def __post_init__(self) -> None:
        if self.ration_rent not in RENTS:
            raise EconomyError(unknown_name("ration rent", self.ration_rent, RENTS))
