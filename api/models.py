"""The shapes of the REST interface, after the contract of the system that Anaquel replaces; additions are optional."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from classifier.request_options import ID_LENGTH, NAME_LENGTH
from storage import JobStatus

Moment = Annotated[
    datetime,
    PlainSerializer(lambda at: at.isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
NO_NUL = "^[^\\u0000]*$"


class ProductIn(BaseModel):
    """One product; fields that are not named here are kept as metadata."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": True})
    text: str = Field(pattern=NO_NUL, description="What is to be classified; cut to 2,000 characters.")
    product_id: str | None = Field(None, max_length=ID_LENGTH, pattern=NO_NUL)
    expected: Any = Field(None, description="The right category, as notation, label or path, if it is known.")


class ClassifyRequest(BaseModel):
    """What to classify, and how. Unknown fields are ignored."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": True})
    products: list[ProductIn] = Field(min_length=1)
    priority: int | None = Field(1, ge=1, le=5, description="5 goes first; null is 1.")
    callback_url: str | None = Field(None, max_length=ID_LENGTH, pattern=NO_NUL,
                                     description="Called when the job ends; signed (Standard Webhooks).")  # fmt: skip
    taxonomy: str | None = Field(None, max_length=NAME_LENGTH, pattern=NO_NUL,
                                 description="A taxonomy's name (its edition in use) or id (just that version); "
                                             "default: the project's own, in its edition in use.")  # fmt: skip
    engine: Literal["local", "openai"] | None = Field(None, description="Default: openai with a key, else local.")
    model: str | None = Field(None, max_length=NAME_LENGTH, pattern=NO_NUL)
    budget_usd: float | None = Field(None, gt=0, le=1_000_000, description="The job pauses before it costs more.")
    threshold: float | None = Field(None, ge=0, le=1, description="Embedded engine: answers that it is less sure of "
                                                                  "are \"unsure\".")  # fmt: skip
    learn: bool | None = Field(None, description="Embedded engine: learn from reviewed labels (default true).")
    learn_expected: bool | None = Field(None, description="Embedded engine: learn from the expected labels of earlier "
                                                          "jobs too (default false).")  # fmt: skip
    batch: bool | None = Field(None, description="Through the provider's Batch API: half the price, within a day.")
    stronger_model: str | None = Field(None, max_length=NAME_LENGTH, pattern=NO_NUL,
                                       description="Asked last for what the model cannot answer usably.")  # fmt: skip
    reuse: bool | None = Field(None, description="Take answers of earlier jobs with the same spec, at no cost: true.")
    seed: int | None = Field(None, ge=-(2**63) + 1, lt=2**63)
    temperature: float | None = Field(None, ge=0, le=2)
    service_tier: str | None = Field(None, max_length=NAME_LENGTH, pattern=NO_NUL)
    reasoning_effort: str | None = Field(None, max_length=NAME_LENGTH, pattern=NO_NUL)


class AcceptedJob(BaseModel):
    """The answer to POST /classify/async."""

    job_id: str
    status: JobStatus
    message: str
    total_products: int
    estimated_completion_time: Moment | None
    created_at: Moment
    status_url: str
    result_url: str


class Progress(BaseModel):
    """Products with an outcome, of all."""

    current: int
    total: int
    percentage: float


class DeliveryOut(BaseModel):
    """One line of a callback's delivery log."""

    message_id: str
    status: Literal["waiting", "delivered", "refused", "given up"]
    at: Moment | None
    http_status: int | None
    latency_s: float | None
    error: str | None
    next_at: Moment | None


class JobStatusOut(BaseModel):
    """Where a job stands."""

    job_id: str
    status: JobStatus
    progress: Progress | None
    created_at: Moment
    started_at: Moment | None
    completed_at: Moment | None
    error_message: str | None
    total_products: int
    estimated_completion_time: Moment | None
    paused: bool = False
    waits_for: str | None = None
    cost_usd: float | None = Field(None, description="What it cost so far; null when a price is not known.")
    callback: list[DeliveryOut] | None = Field(None, description="Delivery log; null when no callback was asked for.")


class JobOut(BaseModel):
    """A job in a list."""

    job_id: str
    name: str
    status: JobStatus
    priority: int
    engine: str
    model: str | None
    parent_id: str | None
    total_products: int
    successful: int
    failed: int
    paused: bool
    created_at: Moment
    started_at: Moment | None
    completed_at: Moment | None
    status_url: str
    result_url: str


class JobPage(BaseModel):
    """Jobs, newest first; next_cursor is null on the last page."""

    jobs: list[JobOut]
    next_cursor: str | None


class Done(BaseModel):
    """What was asked is written down; the status tells when it is carried out."""

    job_id: str
    status: JobStatus
    message: str


class ResumeRequest(BaseModel):
    """A new budget, if the old one is used up."""

    budget_usd: float | None = Field(None, gt=0, le=1_000_000)


class Usage(BaseModel):
    """Tokens."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class CostUsd(BaseModel):
    """US dollars."""

    prompt: float
    completion: float
    total: float


class CostBreakdown(BaseModel):
    """Which prices were used."""

    base_model_for_pricing: str
    prompt_cost_per_1m_tokens: float
    completion_cost_per_1m_tokens: float
    calculation_timestamp: str


class CostInfo(BaseModel):
    """What calls cost."""

    model: str
    usage: Usage
    cost_usd: CostUsd
    cost_breakdown: CostBreakdown
    api_calls: int


class Classification(BaseModel):
    """The category of a product. product_id and openai_cost are absent where there is none."""

    search_text: str
    concept_uri: str
    prefLabel: str  # noqa: N815
    notation: str
    level: int
    confidence: float = Field(ge=0, le=1)
    product_id: str | None = None
    openai_cost: CostInfo | None = None


class ResultItem(BaseModel):
    """One product's outcome: `classification` when status is success, else `error` and `outcome`."""

    index: int
    product_id: str | None
    search_text: str
    status: Literal["success", "failed"]
    timestamp: str | None
    classification: Classification | None = None
    error: str | None = None
    outcome: str | None = Field(None, description="not_a_product, unsure, or the kind of failure.")
    expected: str | None = None
    metadata: dict[str, Any] | None = None


class ClassificationResult(BaseModel):
    """The result of a job."""

    job_id: str
    status: JobStatus
    total: int
    successful: int
    failed: int
    processing_time_seconds: float | None
    created_at: Moment
    started_at: Moment | None
    completed_at: Moment | None
    openai_cost_info: CostInfo | None
    results: list[ResultItem]


class RowProblem(BaseModel):
    """A row of a file that could not be used."""

    place: str
    reason: str
    raw: str


class CorrectionsOut(BaseModel):
    """What came of a corrected file: n_rows = n_kept + n_unchanged + n_rejected."""

    n_rows: int
    n_kept: int
    n_unchanged: int
    n_rejected: int
    problems: list[RowProblem]


class Problem(BaseModel):
    """Why a request was not carried out, in one sentence."""

    detail: str


class FieldFault(BaseModel):
    """One fault of a request, as FastAPI tells it."""

    type: str
    loc: list[str | int]
    msg: str
    input: Any = None
    ctx: dict[str, Any] | None = None


class InvalidRequestOut(BaseModel):
    """All faults of a request, at most 20."""

    detail: list[FieldFault]


class Ready(BaseModel):
    """Whether jobs can be taken."""

    status: Literal["ok", "not ready"]
    detail: str | None = None
