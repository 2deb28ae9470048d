"""All error messages, in all languages of accounts. The English texts follow recordings.

The Spanish and German ones are our own translations, except for two Spanish ones that were recorded (`NO_SUBSCRIPTION`,
`SUMMARY_FILTER_MISSING`). No status and no code depends on the language.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clockify_sandbox.world_options import Language


@dataclass(frozen=True, eq=False)
class Message:
    """One text in every language. Placeholders in braces take `values`; a value that is a message is translated, too.

    A parser's message about malformed input is always in English: the placeholder `reason`, which only `en` has.
    """

    en: str
    es: str
    de: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, **values: Any) -> Message:
        """The message with its placeholders filled."""
        return replace(self, values=values)

    def text(self, language: Language) -> str:
        """The text of the message in a language."""
        template: str = getattr(self, language)
        shown = {
            name: value.text(language) if isinstance(value, Message) else value for name, value in self.values.items()
        }
        return template.format(**shown)


# -- nouns ------------------------------------------------------------------------------------------------------------

ADDON = Message("Addon", "Complemento", "Erweiterung")
APPROVAL_REQUEST = Message("Approval request", "Solicitud de aprobación", "Genehmigungsantrag")
ASSIGNMENT = Message("Assignment", "Asignación", "Zuweisung")
BALANCE = Message("Balance", "Saldo", "Saldo")
BALANCE_ASSIGNMENT = Message("Balance assignment", "Asignación de saldo", "Saldozuweisung")
CLIENT = Message("Client", "Cliente", "Kunde")
CURRENCY = Message("Currency", "Moneda", "Währung")
CUSTOM_FIELD = Message("Custom field", "Campo personalizado", "Benutzerdefiniertes Feld")
DESCRIPTION = Message("Description", "Descripción", "Beschreibung")
ENTITY = Message("Entity", "Entidad", "Objekt")
EXPENSE = Message("Expense", "Gasto", "Ausgabe")
EXPENSE_CATEGORY = Message("Expense category", "Categoría de gastos", "Ausgabenkategorie")
HOLIDAY = Message("Holiday", "Día festivo", "Feiertag")
INVOICE = Message("Invoice", "Factura", "Rechnung")
INVOICE_ITEM = Message("Invoice item", "Partida de la factura", "Rechnungsposten")
PAYMENT = Message("Payment", "Pago", "Zahlung")
POLICY = Message("Policy", "Política", "Richtlinie")
PROJECT = Message("Project", "Proyecto", "Projekt")
SHARED_REPORT = Message("Shared report", "Informe compartido", "Geteilter Bericht")
TAG = Message("Tag", "Etiqueta", "Tag")
TAGS = Message("Tags", "Etiquetas", "Tags")
TASK = Message("Task", "Tarea", "Aufgabe")
TIME_ENTRY = Message("Time entry", "Registro de tiempo", "Zeiteintrag")
TIME_OFF_REQUEST = Message("Time off request", "Solicitud de tiempo libre", "Abwesenheitsantrag")
TRIGGER_SOURCE = Message("Trigger source", "Origen del evento", "Auslöser")
USER = Message("User", "Usuario", "Benutzer")
USER_GROUP = Message("User group", "Grupo de usuarios", "Benutzergruppe")
WEBHOOK = Message("Webhook", "Webhook", "Webhook")
WORKSPACE = Message("Workspace", "Espacio de trabajo", "Arbeitsbereich")

# -- permissions
# ----------------------------------------------------------------------------------------------------------

ACCESS_DENIED = Message("Access Denied", "Acceso denegado", "Zugriff verweigert")
ADDON_LACKS_SCOPE = Message(
    "Addon {addon} does not have permission {scope}",
    "El complemento {addon} no tiene el permiso {scope}",
    "Der Erweiterung {addon} fehlt die Berechtigung {scope}",
)
API_KEY_UNKNOWN = Message("Api key does not exist", "La clave API no existe", "Der API-Schlüssel existiert nicht")
FEATURE_UNAVAILABLE = Message(
    "Feature is not available on your plan",
    "La función no está disponible en su plan",
    "Die Funktion ist in Ihrem Tarif nicht verfügbar",
)
NO_SUBSCRIPTION = Message("No active subscription", "Sin suscripción activa", "Kein aktives Abonnement")
NOT_FOR_ADDONS = Message(
    "Resource is not accessible to add-ons",
    "El recurso no es accesible para complementos",
    "Die Ressource ist für Erweiterungen nicht zugänglich",
)
NOT_PERMITTED = Message(
    "You don't have permission to perform this action.",
    "No tiene permiso para realizar esta acción.",
    "Sie haben keine Berechtigung für diese Aktion.",
)
ONE_CREDENTIAL = Message(
    "Multiple or none auth tokens present",
    "Hay varios tokens de autenticación o ninguno",
    "Mehrere oder keine Authentifizierungstoken vorhanden",
)
TOKEN_INVALID = Message("Token is not valid", "El token no es válido", "Das Token ist ungültig")

# -- routes and formats -----------------------------------------------------------------------------------------------

BODY_MISSING = Message(
    "Required request body is missing", "Falta el cuerpo obligatorio de la solicitud", "Der Anfragetext fehlt"
)
CONTENT_TYPE_UNSUPPORTED = Message(
    "Content-Type '{kind}' is not supported",
    "El Content-Type '{kind}' no es compatible",
    "Der Content-Type '{kind}' wird nicht unterstützt",
)
ENUM_CONSTANT_UNKNOWN = Message(
    "No enum constant com.clockify.domain.DocumentCode.{name}",
    "No existe la constante com.clockify.domain.DocumentCode.{name}",
    "Die Konstante com.clockify.domain.DocumentCode.{name} gibt es nicht",
)
HTTP_METHOD_NOT_ALLOWED = Message(
    "HTTP 405 Method Not Allowed", "HTTP 405 Método no permitido", "HTTP 405 Methode verboten"
)
HTTP_NOT_FOUND = Message("HTTP 404 Not Found", "HTTP 404 No encontrado", "HTTP 404 Nicht gefunden")
INPUT_STRING = Message(
    'For input string: "{text}"', 'Texto de entrada no válido: "{text}"', 'Ungültige Eingabe: "{text}"'
)
INTERNAL_ERROR = Message("Internal server error.", "Error interno del servidor.", "Interner Serverfehler.")
JSON_UNREADABLE = Message("JSON parse error: {reason}", "Error al analizar el JSON", "Fehler beim Lesen des JSON")
JSON_UNREADABLE_AT = Message(
    "JSON parse error: {reason} at [{place}]",
    "Error al analizar el JSON en [{place}]",
    "Fehler beim Lesen des JSON bei [{place}]",
)
METHOD_NOT_ALLOWED = Message("Method Not Allowed", "Método no permitido", "Methode nicht erlaubt")
METHOD_UNSUPPORTED = Message(
    "Request method '{method}' is not supported",
    "El método '{method}' no es compatible",
    "Die Methode '{method}' wird nicht unterstützt",
)
NOT_ACCEPTABLE = Message(
    "No acceptable representation", "No hay representación aceptable", "Keine passende Darstellung"
)
NOT_FOUND = Message("Not Found", "No encontrado", "Nicht gefunden")
NO_RESOURCE = Message(
    "No static resource {path}.", "No existe el recurso {path}.", "Die Ressource {path} gibt es nicht."
)
PARAMETER_MISSING = Message(
    "Required request parameter '{name}' for method parameter type String is not present",
    "Falta el parámetro obligatorio '{name}' de tipo String",
    "Der Pflichtparameter '{name}' vom Typ String fehlt",
)
PARAMETER_NOT_INTEGER = Message(
    "Method parameter '{name}': Failed to convert value of type 'java.lang.String' to required type 'int'",
    "Parámetro '{name}': no se pudo convertir el valor de 'java.lang.String' a 'int'",
    "Parameter '{name}': Der Wert konnte nicht von 'java.lang.String' in 'int' umgewandelt werden",
)
PARAMETER_UNREADABLE = Message(
    "Method parameter '{name}': Failed to convert value of type 'java.lang.String'; {reason}",
    "Parámetro '{name}': no se pudo convertir el valor de tipo 'java.lang.String'",
    "Parameter '{name}': Der Wert vom Typ 'java.lang.String' konnte nicht umgewandelt werden",
)

# -- values -----------------------------------------------------------------------------------------------------------

ANGLE_BRACKETS = Message(
    "Don't use < and > characters", "No use los caracteres < y >", "Die Zeichen < und > sind verboten"
)
AT_LEAST = Message(
    "must be greater than or equal to {limit}", "debe ser mayor o igual que {limit}", "muss mindestens {limit} sein"
)
AT_MOST = Message(
    "must be less than or equal to {limit}", "debe ser menor o igual que {limit}", "darf höchstens {limit} sein"
)
DATE_FORMAT = Message(
    "Date range must be given in format yyyy-MM-dd",
    "El intervalo de fechas debe tener el formato yyyy-MM-dd",
    "Der Zeitraum muss im Format yyyy-MM-dd angegeben werden",
)
DURATION_UNREADABLE = Message(
    "Text cannot be parsed to a Duration: {text}",
    "El texto no es una duración: {text}",
    "Der Text ist keine Dauer: {text}",
)
FIELD_MISSING = Message("{name} must not be null", "{name} no debe ser nulo", "{name} darf nicht null sein")
FILE_TOO_LARGE = Message(
    "File size must not be larger than 5 MB",
    "El archivo no debe superar los 5 MB",
    "Die Datei darf nicht größer als 5 MB sein",
)
FILE_TYPE = Message(
    "File type must be from the following set: {values}",
    "El tipo de archivo debe ser uno de los siguientes: {values}",
    "Der Dateityp muss einer der folgenden sein: {values}",
)
LENGTH_AT_LEAST = Message(
    "length must be at least {limit}", "la longitud mínima es {limit}", "die Länge muss mindestens {limit} sein"
)
LENGTH_AT_MOST = Message(
    "length must be at most {limit}", "la longitud máxima es {limit}", "die Länge darf höchstens {limit} sein"
)
LENGTH_BETWEEN = Message(
    "length must be between {least} and {most}",
    "la longitud debe estar entre {least} y {most}",
    "die Länge muss zwischen {least} und {most} liegen",
)
MUST_MATCH = Message("must match {pattern}", "debe coincidir con {pattern}", "muss {pattern} entsprechen")
NOT_BLANK = Message("must not be blank", "no debe estar vacío", "darf nicht leer sein")
NOT_NULL = Message("must not be null", "no debe ser nulo", "darf nicht null sein")
NOT_ONE_OF = Message(
    "You entered invalid value for field: [{name}]. Value must be from the following set: {values}",
    "Ha introducido un valor no válido en el campo: [{name}]. El valor debe ser uno de los siguientes: {values}",
    "Ungültiger Wert im Feld: [{name}]. Der Wert muss einer der folgenden sein: {values}",
)
PAGE_NOT_POSITIVE = Message(
    "Page must be a positive value", "La página debe ser un valor positivo", "Die Seite muss positiv sein"
)
PAGE_SIZE_NOT_POSITIVE = Message(
    "Page size must be a positive value",
    "El tamaño de página debe ser un valor positivo",
    "Die Seitengröße muss positiv sein",
)
PAGE_SIZE_TOO_LARGE = Message(
    "Page size cannot be larger than {limit:,}.",
    "El tamaño de página no puede ser mayor que {limit}.",
    "Die Seitengröße darf nicht größer als {limit} sein.",
)
START_AFTER_END = Message(
    "Start datetime {start} is greater than end datetime {end}.",
    "La fecha y hora de inicio {start} es posterior a la de fin {end}.",
    "Der Startzeitpunkt {start} liegt nach dem Endzeitpunkt {end}.",
)
START_DATE_AFTER_END = Message(
    "Start date {start} is greater than end date {end}.",
    "La fecha de inicio {start} es posterior a la de fin {end}.",
    "Das Startdatum {start} liegt nach dem Enddatum {end}.",
)
START_NOT_BEFORE_END = Message(
    "Start date must be before end date",
    "La fecha de inicio debe ser anterior a la de fin",
    "Das Startdatum muss vor dem Enddatum liegen",
)
TEXT_UNREADABLE = Message(
    "Text '{text}' could not be parsed",
    "No se pudo analizar el texto '{text}'",
    "Der Text '{text}' konnte nicht gelesen werden",
)
TEXT_UNREADABLE_AS = Message(
    "Text '{text}' could not be parsed, expected {form}",
    "No se pudo analizar el texto '{text}', se esperaba {form}",
    "Der Text '{text}' konnte nicht gelesen werden, erwartet wird {form}",
)
TYPE_NOT_ALLOWED = Message(
    "You entered invalid value for field: [type]. {kind} is not allowed",
    "Ha introducido un valor no válido en el campo: [type]. No se admite {kind}",
    "Ungültiger Wert im Feld: [type]. {kind} ist nicht erlaubt",
)
URL_INVALID = Message("must be a valid URL", "debe ser una URL válida", "muss eine gültige URL sein")
ZONE_UNKNOWN = Message(
    "Unknown time-zone ID: {zone}", "Zona horaria desconocida: {zone}", "Unbekannte Zeitzone: {zone}"
)

# -- existing and missing objects ------------------------------------------------------------------------------------

ALREADY_EXISTS = Message(
    "{noun} with name '{name}' already exists",
    "{noun}: ya existe el nombre '{name}'",
    "{noun}: Der Name '{name}' existiert bereits",
)
DOES_NOT_BELONG = Message(
    "{noun} doesn't belong to {parent}", "{noun} no pertenece a {parent}", "{noun} gehört nicht zu: {parent}"
)
ITEM_TYPE_UNKNOWN = Message(
    "Invoice item type with name {name} not found.",
    "No se encontró el tipo de partida {name}.",
    "Der Postentyp {name} wurde nicht gefunden.",
)
PROJECT_EXISTS = Message(
    "{name} project for client {client} already exists.",
    "El proyecto {name} del cliente {client} ya existe.",
    "Das Projekt {name} des Kunden {client} existiert bereits.",
)
PROJECT_UNKNOWN = Message(
    "PROJECT with ID '{id}' not found", "PROJECT con ID '{id}' no encontrado", "PROJECT mit ID '{id}' nicht gefunden"
)
SCHEDULE_ASSIGNMENT_UNKNOWN = Message(
    "SCHEDULE_ASSIGNMENT with ID '{id}' not found",
    "SCHEDULE_ASSIGNMENT con ID '{id}' no encontrado",
    "SCHEDULE_ASSIGNMENT mit ID '{id}' nicht gefunden",
)
SHARED_REPORT_GONE = Message("NOT FOUND", "NO ENCONTRADO", "NICHT GEFUNDEN")
USER_NOT_IN_PROJECT = Message(
    "USER with id {user} doesn't belong to PROJECT with id {project}",
    "USER con id {user} no pertenece a PROJECT con id {project}",
    "USER mit id {user} gehört nicht zu PROJECT mit id {project}",
)

# -- time entries and timesheets --------------------------------------------------------------------------------------

APPROVAL_PERIOD = Message(
    "Approval period has changed. Expected period is {period}.",
    "El período de aprobación ha cambiado. El período esperado es {period}.",
    "Der Genehmigungszeitraum hat sich geändert. Erwartet wird {period}.",
)
ENTRY_APPROVED = Message(
    "Can't edit approved time entry.",
    "No se puede editar un registro de tiempo aprobado.",
    "Ein genehmigter Zeiteintrag kann nicht geändert werden.",
)
ENTRY_LOCKED = Message(
    "Can't edit locked time entry.",
    "No se puede editar un registro de tiempo bloqueado.",
    "Ein gesperrter Zeiteintrag kann nicht geändert werden.",
)
FIELD_REQUIRED = Message(
    "{name} is required on this workspace.",
    "{name}: obligatorio en este espacio de trabajo.",
    "{name}: Pflichtangabe in diesem Arbeitsbereich.",
)
MANUAL_TIME_DISABLED = Message(
    "Manual time tracking disabled on this workspace.",
    "El registro manual de tiempo está desactivado en este espacio de trabajo.",
    "Die manuelle Zeiterfassung ist in diesem Arbeitsbereich abgeschaltet.",
)
NOTHING_RUNNING = Message(
    "Currently running time entry doesn't exist on workspace {workspace} for user {user}.",
    "No hay ningún registro de tiempo en curso en el espacio de trabajo {workspace} para el usuario {user}.",
    "Im Arbeitsbereich {workspace} läuft kein Zeiteintrag des Benutzers {user}.",
)
PERIOD_OUT_OF_RANGE = Message(
    "Period is out of range", "El período está fuera de rango", "Der Zeitraum liegt außerhalb des Bereichs"
)
START_MISSING = Message(
    "Start datetime must not be null when end datetime is given.",
    "La fecha y hora de inicio no debe ser nula si se indica la de fin.",
    "Der Startzeitpunkt darf nicht fehlen, wenn ein Endzeitpunkt angegeben ist.",
)

# -- projects, clients, fields ----------------------------------------------------------------------------------------

ACTIVE_CLIENT = Message(
    "Cannot delete an active client",
    "No se puede eliminar un cliente activo",
    "Ein aktiver Kunde kann nicht gelöscht werden",
)
ACTIVE_PROJECT = Message(
    "Cannot delete an active project",
    "No se puede eliminar un proyecto activo",
    "Ein aktives Projekt kann nicht gelöscht werden",
)
ACTIVE_TASK = Message(
    "Cannot delete an active task",
    "No se puede eliminar una tarea activa",
    "Eine aktive Aufgabe kann nicht gelöscht werden",
)
CC_EMAILS = Message(
    "Number of CC emails must be less than {limit}",
    "El número de correos en copia debe ser menor que {limit}",
    "Die Zahl der Kopien muss kleiner als {limit} sein",
)
VISIBLE_FIELDS = Message(
    "You can have up to {limit} visible custom fields",
    "Puede tener hasta {limit} campos personalizados visibles",
    "Es kann bis zu {limit} sichtbare benutzerdefinierte Felder geben",
)

# -- money ------------------------------------------------------------------------------------------------------------

CATEGORY_NOT_ARCHIVED = Message(
    "Category must be archived to be deleted.",
    "La categoría debe archivarse antes de eliminarla.",
    "Die Kategorie muss vor dem Löschen archiviert werden.",
)
EXPENSE_APPROVED = Message(
    "Can't edit approved expense.",
    "No se puede editar un gasto aprobado.",
    "Eine genehmigte Ausgabe kann nicht geändert werden.",
)
EXPENSE_LOCKED = Message(
    "Can't edit locked expense.",
    "No se puede editar un gasto bloqueado.",
    "Eine gesperrte Ausgabe kann nicht geändert werden.",
)

# -- time off and scheduling ------------------------------------------------------------------------------------------

BALANCE_INSUFFICIENT = Message(
    "Insufficient time off balance", "Saldo de tiempo libre insuficiente", "Der Abwesenheitssaldo reicht nicht aus"
)
DAYS_NOT_ALLOWED = Message(
    "Value for number of days is not allowed",
    "El número de días no está permitido",
    "Die Anzahl der Tage ist nicht erlaubt",
)
FOR_NOBODY = Message(
    "At least one user or user group must be assigned",
    "Debe asignarse al menos un usuario o grupo de usuarios",
    "Mindestens ein Benutzer oder eine Benutzergruppe muss zugewiesen sein",
)
HALF_DAY_NOT_ALLOWED = Message("Half day is not allowed", "No se permite medio día", "Ein halber Tag ist nicht erlaubt")
NON_WORKING_DAYS = Message(
    "Requested start or end date are non-working days",
    "La fecha de inicio o de fin solicitada no es laborable",
    "Der gewünschte erste oder letzte Tag ist kein Arbeitstag",
)
NOTE_EMPTY = Message(
    "Note field can't be empty.", "El campo de nota no puede estar vacío.", "Die Notiz darf nicht leer sein."
)
POLICY_NOT_ARCHIVED = Message(
    "Policy must be archived in order to be deleted",
    "La política debe archivarse antes de eliminarla",
    "Die Richtlinie muss vor dem Löschen archiviert werden",
)
POLICY_STATUS_FIXED = Message(
    "Updating policy status is not allowed",
    "No se permite cambiar el estado de la política",
    "Der Status der Richtlinie darf nicht geändert werden",
)
RECURRING_TOO_LONG = Message(
    "A recurring assignment must not be longer than a week",
    "Una asignación periódica no debe durar más de una semana",
    "Eine wiederkehrende Zuweisung darf nicht länger als eine Woche dauern",
)
STATUS_INVALID = Message("Invalid status", "Estado no válido", "Ungültiger Status")
WITHDRAWAL_LATE = Message(
    "{title} time off requests cannot be withdrawn",
    "No se pueden retirar las solicitudes de tiempo libre con el estado {state}",
    "Abwesenheitsanträge mit dem Status {state} können nicht zurückgezogen werden",
)

# -- reports and the audit log ----------------------------------------------------------------------------------------

ATTENDANCE_BOUNDS = Message(
    "dateRangeStart must be at the beginning of a day, and dateRangeEnd at the end of one: "
    "yyyy-MM-ddT00:00:00.000Z and yyyy-MM-ddT23:59:59.999Z",
    "dateRangeStart debe ser el comienzo de un día y dateRangeEnd el final de un día: "
    "yyyy-MM-ddT00:00:00.000Z y yyyy-MM-ddT23:59:59.999Z",
    "dateRangeStart muss am Anfang eines Tages liegen und dateRangeEnd am Ende eines Tages: "
    "yyyy-MM-ddT00:00:00.000Z und yyyy-MM-ddT23:59:59.999Z",
)
DETAILED_FILTER_MISSING = Message(
    "Please provide detailed filter.", "Selecciona un filtro detallado.", "Bitte einen detaillierten Filter angeben."
)
FILTERS_MISSING = Message("Please provide filters.", "Selecciona los filtros.", "Bitte Filter angeben.")
RANGE_NOT_A_WEEK = Message(
    "Please select date range of exactly {days} days for weekly report",
    "Selecciona un intervalo de exactamente {days} días para el informe semanal",
    "Bitte für den Wochenbericht einen Zeitraum von genau {days} Tagen wählen",
)
RANGE_TOO_LONG = Message(
    "Date range cannot be longer than {days} days",
    "El intervalo de fechas no puede superar los {days} días",
    "Der Zeitraum darf nicht länger als {days} Tage sein",
)
RANGE_TOO_LONG_FOR_PLAN = Message(
    "Date range cannot be longer than {days} days on your plan.",
    "Con su plan, el intervalo de fechas no puede superar los {days} días.",
    "In Ihrem Tarif darf der Zeitraum nicht länger als {days} Tage sein.",
)
REPORT_FAILED = Message(
    "Error occurred while generating report",
    "Se produjo un error al generar el informe",
    "Beim Erstellen des Berichts ist ein Fehler aufgetreten",
)
SORT_COLUMN_INVALID = Message(
    "Invalid summary filter sort column.",
    "La columna de orden del filtro resumido no es válida.",
    "Die Sortierspalte des zusammenfassenden Filters ist ungültig.",
)
SUMMARY_FILTER_MISSING = Message(
    "Please provide summary filter.", "Selecciona un filtro resumido.", "Bitte einen zusammenfassenden Filter angeben."
)
WEEKLY_FILTER_MISSING = Message(
    "Please provide weekly filter.", "Selecciona un filtro semanal.", "Bitte einen Wochenfilter angeben."
)

# -- webhooks ---------------------------------------------------------------------------------------------------------

WEBHOOK_EXISTS = Message("Webhook already exists", "El webhook ya existe", "Der Webhook existiert bereits")
WEBHOOK_LIMIT = Message(
    "Webhook limit reached", "Se alcanzó el límite de webhooks", "Die Höchstzahl der Webhooks ist erreicht"
)
WEBHOOK_NEEDS_USER = Message(
    "Webhook event {event} requires at least one user as trigger source",
    "El evento de webhook {event} requiere al menos un usuario como origen",
    "Das Webhook-Ereignis {event} braucht mindestens einen Benutzer als Auslöser",
)
