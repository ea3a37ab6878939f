package io.trilith.tsdb.block;

import io.trilith.storage.model.Labels;
import io.trilith.tsdb.Exemplar;

/** An exemplar and the series it belongs to. */
public record SeriesExemplar(Labels series, Exemplar exemplar) {}
