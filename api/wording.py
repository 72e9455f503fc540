"""The sentences of the REST interface, in the language of the system that it replaces."""

from __future__ import annotations

from collections.abc import Mapping

from classifier.people import Act


def not_found(job_id: str) -> str:
    """No such job, or not yours."""
    return f"Job {job_id} no encontrado. Verifique el job_id o que no haya expirado."


def not_completed(job_id: str, status: str) -> str:
    """There is no result yet."""
    return (
        f"Job {job_id} no está completado. Estado actual: {status}. "
        f"Use /classify/status/{job_id} para consultar progreso, o ?partial=true para lo que ya está hecho."
    )


def not_possible(job_id: str, status: str, verb: str) -> str:
    """The job's state does not allow this."""
    return f"No se puede {verb} el job {job_id}. Estado actual: {status}."


def accepted(n_products: int) -> str:
    """Answer a submission."""
    return f"Job de clasificación creado exitosamente. Procesando {n_products} productos."


TOO_LARGE = "La petición es demasiado grande: el límite es de {limit:,} bytes ({name})."
TOO_MANY = "La petición tiene demasiados productos: el límite es de {limit:,}."
TOO_FAST = "Demasiadas peticiones. Vuelva a intentarlo en {seconds} segundos."
NOT_PERMITTED: Mapping[Act, str] = {
    Act.START: "Para iniciar jobs hace falta un token con el rol analyst o admin.",
    Act.REVIEW: "Para revisar hace falta un token con el rol analyst o admin.",
    Act.STEER: "Para pausar, reanudar, cancelar o eliminar jobs hace falta un token con el rol analyst o admin.",
}
NEEDS_TOKEN = "Se necesita un token de API válido: Authorization: Bearer <token>."  # noqa: S105
KEY_TAKEN = "Esta Idempotency-Key ya se usó con otra petición."
KEY_BUSY = "La petición con esta Idempotency-Key todavía se está recibiendo. Vuelva a intentarlo."
KEY_TOO_LONG = "Una Idempotency-Key tiene como máximo 255 caracteres."
NOTHING_FAILED = "Ningún producto de este job ha fallado: no hay nada que reintentar."
NOT_ENDED = "El job todavía no ha terminado."
AWAY = "La base de datos no responde en este momento. Vuelva a intentarlo."
CANCEL_ASKED = "Cancelación solicitada."
PAUSE_ASKED = "Pausa solicitada."
RESUMED = "El job continúa."
DELETED = "Job eliminado; se borra definitivamente en diez minutos."
RETRYING = "Job creado con los productos fallidos. Procesando {n} productos."
