"""The truth of the generated bank, in files that the warehouse never looks at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from datagen import offers, vocab
from datagen.lending import STOPPED, default_odds
from datagen.model import Floats, Ints, Step, World, coded

if TYPE_CHECKING:
    from datagen.chunk import Chunk

FOLDER = "_truth"
OFFER_CODES = [offer.offer for offer in offers.OFFERS]
OF_OFFER = np.array([offers.PROMOTED.index(offer.product) for offer in offers.OFFERS])


class Truth:
    """Writes the truth as it comes about, one row group at a time."""

    def __init__(self, out: Path, world: World) -> None:
        """Begin the files in `out`."""
        self._folder, self._world = out / FOLDER, world
        self._folder.mkdir(parents=True, exist_ok=True)
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._campaigns: dict[tuple[int, int, int], Floats] = {}
        self.files: list[Path] = []

    def write(self, name: str, rows: pa.Table) -> None:
        """Append rows to a file."""
        if name not in self._writers:
            path = self._folder / f"{name}.parquet"
            self.files.append(path)
            self._writers[name] = pq.ParquetWriter(path, rows.schema, compression="zstd")
        self._writers[name].write_table(rows)

    def grid(self, chunk: Chunk, step: Step, without: Floats, effect: Floats) -> None:
        """Keep for every customer and offer the odds of a month, contacted by e-mail and not contacted."""
        who = np.flatnonzero(chunk.people.here(step.first))
        for number, offer in enumerate(offers.OFFERS):
            alone = without[:, OF_OFFER[number]]
            _, contacted = offers.odds_with(alone, effect, offer.pull, offers.EMAIL)
            self.write(
                "offer_probabilities",
                pa.table(
                    {
                        **self._who_and_when(chunk, who, np.full(len(who), step.first)),
                        "offer_id": coded(np.full(len(who), number), list(OFFER_CODES)),
                        "holds_product": chunk.holds(
                            offers.product_number(int(OF_OFFER[number])), step.first
                        )[who],
                        "p_no_contact": alone[who].astype(np.float32),
                        "p_contact": contacted[who].astype(np.float32),
                    }
                ),
            )
        self._people(chunk, step, who)

    def _people(self, chunk: Chunk, step: Step, who: Ints) -> None:
        day = np.full(len(who), step.first)
        traits = chunk.people.traits
        self.write(
            "life_stages",
            pa.table(
                {
                    **self._who_and_when(chunk, who, day),
                    "life_stage": coded(chunk.people.stage(step.first)[who], list(vocab.LIFE_STAGES)),
                    "is_dormant": chunk.people.dormant[who],
                    "has_died": chunk.people.died[who],
                    "digital": traits.digital[who].astype(np.float32),
                    "responsive": traits.responsive[who].astype(np.float32),
                }
            ),
        )
        loans = chunk.loans
        at = np.flatnonzero((loans["paid"] < loans["term"]) & chunk.people.here(step.first)[loans["who"]])
        months = np.minimum(loans["term"] - loans["paid"], 12)
        yearly = np.where(loans["habit"] == STOPPED, 1.0, 1 - (1 - default_odds(chunk)) ** months)
        self.write(
            "default_probabilities",
            pa.table(
                {
                    **self._who_and_when(chunk, loans["who"][at], np.full(len(at), step.first)),
                    "loan_id": loans["loan"][at].astype(str),
                    "p_default_12m": yearly[at],
                    "has_stopped": loans["habit"][at] == STOPPED,
                }
            ),
        )

    def _who_and_when(self, chunk: Chunk, who: Ints, day: Ints) -> dict[str, Any]:
        customer = pa.array(chunk.people.customer[who]).cast(pa.string())
        return {"day": self._world.dates(day), "customer_id": customer}

    def decisions(self, chunk: Chunk, campaign: int, rows: dict[str, npt.NDArray[Any]]) -> None:
        """Keep the odds behind every assignment of a campaign, and add them up."""
        comes = rows["day"] < self._world.days
        rows = {name: values[comes] for name, values in rows.items()}
        who, without, contacted = rows["who"], rows["without"], rows["contacted"]
        self.write(
            "contact_probabilities",
            pa.table(
                {
                    **self._who_and_when(chunk, who, rows["day"]),
                    "contact_id": pa.array(rows["contact"]).cast(pa.string()),
                    "campaign_id": coded(np.zeros(len(who), dtype=np.int64), [campaign_id(campaign)]).cast(
                        pa.string()
                    ),
                    "offer_id": coded(rows["offer"], list(OFFER_CODES)),
                    "channel": coded(rows["channel"], list(offers.CHANNELS)),
                    "is_holdout": rows["held_out"],
                    "p_no_contact": without,
                    "p_contact": contacted,
                    "has_converted": rows["takes"],
                }
            ),
        )
        held = rows["held_out"]
        for offer in np.unique(rows["offer"]):
            for channel in np.unique(rows["channel"]):
                of = (rows["offer"] == offer) & (rows["channel"] == channel)
                sums = [
                    (of & ~held).sum(), (of & held).sum(), (rows["takes"] & of & ~held).sum(),
                    (rows["takes"] & of & held).sum(), contacted[of & ~held].sum(), without[of & ~held].sum(),
                ]  # fmt: skip
                key = (campaign, int(offer), int(channel))
                self._campaigns[key] = self._campaigns.get(key, np.zeros(6)) + np.array(
                    sums, dtype=np.float64
                )

    def fraud(self, rows: pa.Table) -> None:
        """Keep the card purchases that were fraud."""
        flagged = rows.filter(rows["fraud"])
        self.write(
            "fraud",
            pa.table(
                {
                    "customer_id": flagged["customer"].cast(pa.string()),
                    "transaction_date": flagged["bought"],
                    "minute": flagged["minute"],
                    "amount": np.asarray(flagged["cents"]) / 100,
                    "merchant_name": flagged["merchant"].cast(pa.string()),
                }
            ),
        )

    def close(self) -> None:
        """End the files; the campaigns' sums come last."""
        keys = sorted(self._campaigns)
        sums = np.array([self._campaigns[key] for key in keys]).reshape(len(keys), 6)
        self.write(
            "campaigns",
            pa.table(
                {
                    "campaign_id": [campaign_id(number) for number, _, _ in keys],
                    "offer_id": [OFFER_CODES[offer] for _, offer, _ in keys],
                    "channel": [offers.CHANNELS[channel] for _, _, channel in keys],
                    "contacted": sums[:, 0].astype(np.int64),
                    "held_out": sums[:, 1].astype(np.int64),
                    "conversions_contacted": sums[:, 2].astype(np.int64),
                    "conversions_held_out": sums[:, 3].astype(np.int64),
                    "expected_contacted": sums[:, 4],
                    "expected_without": sums[:, 5],
                    "incremental_conversions": sums[:, 4] - sums[:, 5],
                }
            ),
        )
        for writer in self._writers.values():
            writer.close()


def campaign_id(number: int) -> str:
    """Name a campaign."""
    return f"C{number:05d}"
