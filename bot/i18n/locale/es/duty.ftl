# Guardia: turnos y horario de oficina.
error-bad-office-hours = «{ $value }» no es un horario que se pueda leer.
    .hint = Se escribe así: `Mon-Fri 09:00-18:00`, `Dom-Jue 08:00-16:00` o `24/7`, en la hora de la propia organización.
error-duty-not-on-staff = { $person } no figura como personal de { $organisation }. El turno no se cambió.
    .hint = Una persona responsable agrega gente con `!personas add`.
error-duty-bad-rotation = Una rotación necesita al menos una persona y un período de días completos. El turno no se cambió.
error-duty-bad-period = El final debe ser posterior al inicio. El turno no se cambió.
