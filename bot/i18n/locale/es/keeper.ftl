# Lo que el mantenimiento dice en las salas.
unsigned-device = Llegó un mensaje del dispositivo { $device } de { $user }, que su titular no ha verificado. No se lee ni se responde, y no recibe llaves; esta sala sigue igual. Salida: verificar ese dispositivo en su cliente o cerrar su sesión.
identity-changed = **La identidad criptográfica de { $user } ha cambiado.** Hasta que { $user } envíe `!verificar` con una nueva declaración firmada, nada llega a esta persona y las salas donde está quedan retenidas. Si { $user } no la restableció, lo hizo otra persona: llámele por teléfono.
