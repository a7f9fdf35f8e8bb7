"""What practice staff do about one patient's invitation: find it, see its story, mend its link, act for who phones."""
