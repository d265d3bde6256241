# Entradas confirmadas por sus organizaciones.
command-confirm = Confirmar que la entrada de su organización en el directorio es correcta
    .words = confirmar confirmo
    .usage = !confirmar
    .example = !confirmar
confirm-done = **La entrada de { $organisation } queda confirmada con fecha de hoy.** Volveré a preguntar el { $next }. Lo que dice: `!quien { $organisation }`
confirm-asked = **¿Sigue siendo correcta la entrada de { $organisation }?** { $last } `!quien { $organisation }` la muestra. Si todo es correcto, alguien de ustedes escribe `!confirmar`; si algo no lo es, se cambia con `!actualizar`.
confirm-last = Se confirmó por última vez el { $day }.
confirm-last-by = La confirmó por última vez { $by }, el { $day }.
confirm-never = Nunca se ha confirmado.
confirm-mark-never = ⚠ Entrada nunca confirmada
confirm-mark-stale = ⚠ Desactualizada: última confirmación el { $date }, hace { $days } días
error-not-your-entry = La entrada de { $handle } solo la confirma su propia gente. No se confirmó nada.
    .hint = `!confirmar` a secas confirma la de su propia organización.
error-no-entry-of-yours = El directorio no lo nombra en ninguna organización, así que no tiene entrada que confirmar. No se confirmó nada.
    .hint = La entrada la confirma alguien de la organización.
cli-confirmed = Anotado: la entrada de { $organisation } es correcta con fecha { $day }.
cli-unconfirmed = { $count } de { $of } entradas llevan más de { $days } días sin confirmarse.
