"""The uploaded list, its rows, identity and contact rules."""

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    """The uploaded list, its rows, identity and contact rules."""

    name = "patients"

    def ready(self) -> None:
        """Register the room's screens, and what it has to say about texts that are about to go."""
        from integrations.outbox.messages import hooks as message_hooks
        from patients.lists import questions, screening
        from patients.opt_outs import services as opt_outs

        for screen in (*opt_outs.SCREENS, *questions.SCREENS, screening.LIKELY_TO_FAIL):
            screening.screens.register(screen)
        message_hooks.gates.register(opt_outs.stop_texts)
        message_hooks.stop_listeners.register(opt_outs.keep_stops)
        message_hooks.start_listeners.register(opt_outs.end_stops)
