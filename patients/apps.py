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
            screening.register(screen)
        message_hooks.add_gate(opt_outs.stop_texts)
        message_hooks.add_stop_listener(opt_outs.keep_stops)
        message_hooks.add_start_listener(opt_outs.end_stops)
